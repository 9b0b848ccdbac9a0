#pragma once

#include "base/error.hpp"

#include <functional>
#include <utility>

namespace dispatch::journal {

/// What a commit gives: others see what was written, and it survives a crash from when it is durable. Nothing
/// that depends on it leaves the process before that. Used by the thread that committed.
class CommitToken {
 public:
  /// Of a journal whose commits are durable when they return.
  static CommitToken durable() { return CommitToken{nullptr}; }
  /// `wait` returns when it is durable, or with what went wrong. Called at most once.
  static CommitToken pending(std::function<Result<>()> wait) { return CommitToken{std::move(wait)}; }

  bool is_durable() const { return wait_ == nullptr; }
  /// Returns when it is durable. An error: nothing may be assumed of what was committed.
  Result<> wait() {
    auto wait = std::exchange(wait_, nullptr);
    return wait ? wait() : Result<>{};
  }

 private:
  explicit CommitToken(std::function<Result<>()> wait) : wait_(std::move(wait)) {}
  std::function<Result<>()> wait_;
};

}  // namespace dispatch::journal

#pragma once

#include "base/error.hpp"

#include <functional>
#include <utility>

namespace dispatch::journal {

/// The result of a commit. Others see the changes at once; the changes survive a crash only once the commit
/// is durable. Let nothing that depends on the changes leave the process before then. Used by the thread that
/// committed.
class CommitToken {
 public:
  /// For a journal whose commits are durable when commit() returns.
  static CommitToken durable() { return CommitToken{nullptr}; }
  /// `wait` blocks until the commit is durable, or returns the error. It is called at most once.
  static CommitToken pending(std::function<Result<>()> wait) { return CommitToken{std::move(wait)}; }

  bool is_durable() const { return wait_ == nullptr; }
  /// Blocks until the commit is durable. After an error, assume nothing about the changes.
  Result<> wait() {
    auto wait = std::exchange(wait_, nullptr);
    return wait ? wait() : Result<>{};
  }

 private:
  explicit CommitToken(std::function<Result<>()> wait) : wait_(std::move(wait)) {}
  std::function<Result<>()> wait_;
};

}  // namespace dispatch::journal

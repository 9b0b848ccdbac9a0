#pragma once

#include "journal/commit_token.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace dispatch::test {

/// A commit that becomes durable when it is waited for, as `wait` says.
class CommitOnWait final : public journal::PendingCommit {
 public:
  explicit CommitOnWait(std::function<Result<>()> wait) : wait_(std::move(wait)) {}
  static journal::CommitToken token(std::function<Result<>()> wait) {
    return journal::CommitToken::pending(std::make_unique<CommitOnWait>(std::move(wait)));
  }

  bool is_decided() const override { return false; }
  void start(std::function<void()>) override {}
  Result<> wait() override { return wait_(); }

 private:
  std::function<Result<>()> wait_;
};

}  // namespace dispatch::test

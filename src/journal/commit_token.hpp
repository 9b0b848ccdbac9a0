#pragma once

#include "base/error.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace dispatch::journal {

/// A commit that is not durable yet, as a journal implements it. Used by the thread that committed. Must not
/// outlive its journal.
class PendingCommit {
 public:
  /// When it returns, the function given to start() is not running and will not be called any more.
  virtual ~PendingCommit() = default;

  /// True if it is known whether the commit became durable: wait() returns at once.
  virtual bool is_decided() const = 0;
  /// Lets the commit become durable beside what the caller does next, and calls `decided`, from any thread,
  /// when is_decided() has become true. `decided` must not block or throw. Called at most once.
  virtual void start(std::function<void()> decided) = 0;
  /// Makes the commit durable and blocks until it is, or returns the error. Called at most once.
  virtual Result<> wait() = 0;
};

/// The result of a commit. Others see the changes at once; the changes survive a crash only once the commit
/// is durable. Let nothing that depends on the changes leave the process before then. Used by the thread that
/// committed. Must not outlive its journal.
class CommitToken {
 public:
  /// For a commit that is durable already.
  static CommitToken durable() { return CommitToken{nullptr}; }
  static CommitToken pending(std::unique_ptr<PendingCommit> commit) { return CommitToken{std::move(commit)}; }

  /// True if the commit is known to be durable.
  bool is_durable() const { return commit_ == nullptr && result_.has_value(); }
  /// True if wait() returns at once, with or without an error.
  bool is_decided() const { return commit_ == nullptr || commit_->is_decided(); }
  /// Lets the commit become durable beside what the caller does next. Calls `decided`, from any thread and
  /// possibly before start() returns, when is_decided() has become true; not after the token is destroyed.
  /// `decided` must not block or throw. Call it at most once.
  void start(std::function<void()> decided) {
    if (commit_ != nullptr)
      commit_->start(std::move(decided));
    else
      decided();
  }
  /// Blocks until the commit is durable. After an error, assume nothing about the changes; further calls
  /// return the same error.
  Result<> wait() {
    if (const auto commit = std::exchange(commit_, nullptr)) result_ = commit->wait();
    return result_;
  }

 private:
  explicit CommitToken(std::unique_ptr<PendingCommit> commit) : commit_(std::move(commit)) {}
  std::unique_ptr<PendingCommit> commit_;  // null: `result_` is known
  Result<> result_;
};

}  // namespace dispatch::journal

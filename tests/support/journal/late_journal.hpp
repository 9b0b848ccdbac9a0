#pragma once

#include "support/journal/flawed_journal.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

namespace dispatch::test {

/// A journal whose asynchronous commits become durable when the test says so, or when they are waited for: on
/// the test's thread, so that a history goes the same way each time.
class LateJournal final : public FlawedJournal {
 public:
  using FlawedJournal::FlawedJournal;
  ~LateJournal() override { late_.clear(); }  // before the journal that made them

  /// Number of commits that are not durable.
  std::size_t late() const { return late_.size(); }
  /// Number of commits that had to be waited for.
  std::size_t waits() const { return waits_; }
  /// Makes the first of them durable.
  void sync_first() { decide(*late_.front()); }
  void sync() {
    while (!late_.empty()) sync_first();
  }
  /// From now on none becomes durable.
  void fail(Error error) { error_ = std::move(error); }

  Result<journal::CommitToken> commit_transaction() override {
    sync();
    return FlawedJournal::commit_transaction();
  }
  Result<journal::CommitToken> commit_transaction_async() override {
    auto committed = sound_transaction().commit_async();
    if (!committed || (committed->is_durable() && late_.empty())) return committed;
    late_.push_back(std::make_shared<Late>(std::move(*committed)));
    return journal::CommitToken::pending(std::make_unique<Token>(*this, late_.back()));
  }

 private:
  struct Late {
    explicit Late(journal::CommitToken sound_token) : token(std::move(sound_token)) {}
    journal::CommitToken token;
    std::function<void()> decided;
    std::optional<Result<>> result;
  };

  class Token final : public journal::PendingCommit {
   public:
    Token(LateJournal& journal, std::shared_ptr<Late> late) : journal_(journal), late_(std::move(late)) {}
    ~Token() override { late_->decided = {}; }
    bool is_decided() const override { return late_->result.has_value(); }
    void start(std::function<void()> decided) override { late_->decided = std::move(decided); }
    Result<> wait() override {
      if (!late_->result) ++journal_.waits_;
      while (!late_->result) journal_.sync_first();
      return *late_->result;
    }

   private:
    LateJournal& journal_;
    std::shared_ptr<Late> late_;
  };

  void decide(Late& late) {
    const auto keep = late_.front();
    late_.pop_front();
    late.result = error_ ? Result<>{tl::unexpected(*error_)} : late.token.wait();
    if (late.decided) late.decided();
  }

  std::deque<std::shared_ptr<Late>> late_;
  std::size_t waits_ = 0;
  std::optional<Error> error_;
};

}  // namespace dispatch::test

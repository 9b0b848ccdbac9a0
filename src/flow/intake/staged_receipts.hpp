#pragma once

#include "ingest/batch/receipt.hpp"

#include <utility>
#include <vector>

namespace dispatch::flow {

/// Holds back the verdicts of a transaction until it is durable. If the journal fails, the receipts report
/// `unknown`. Used by one thread.
class StagedReceipts {
 public:
  StagedReceipts() = default;
  StagedReceipts(StagedReceipts&& other) noexcept : staged_(std::exchange(other.staged_, {})) {}
  StagedReceipts& operator=(StagedReceipts&& other) noexcept {
    std::swap(staged_, other.staged_);
    return *this;
  }
  ~StagedReceipts() {
    for (auto& [receipt, verdict] : staged_) receipt.tell({.kind = ingest::Verdict::Kind::unknown});
  }

  void add(ingest::Receipt receipt, ingest::Verdict verdict) {
    staged_.emplace_back(std::move(receipt), std::move(verdict));
  }

  /// Reports the verdicts that were added; call it once they are durable.
  void committed() {
    for (auto& [receipt, verdict] : staged_) receipt.tell(verdict);
    staged_.clear();
  }

 private:
  std::vector<std::pair<ingest::Receipt, ingest::Verdict>> staged_;
};

}  // namespace dispatch::flow

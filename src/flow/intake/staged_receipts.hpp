#pragma once

#include "ingest/batch/receipt.hpp"

#include <utility>
#include <vector>

namespace dispatch::flow {

/// The verdicts that a transaction has brought and whoever waits for them must not be told before it is
/// durable. Where that is never known, as the journal failed, they are told `unknown`. Used by one thread.
class StagedReceipts {
 public:
  StagedReceipts() = default;
  StagedReceipts(const StagedReceipts&) = delete;
  StagedReceipts& operator=(const StagedReceipts&) = delete;
  ~StagedReceipts() {
    for (auto& [receipt, verdict] : staged_) receipt.tell({.kind = ingest::Verdict::Kind::unknown});
  }

  void add(ingest::Receipt receipt, ingest::Verdict verdict) {
    staged_.emplace_back(std::move(receipt), std::move(verdict));
  }

  /// What was added is durable: it is told.
  void committed() {
    for (auto& [receipt, verdict] : staged_) receipt.tell(verdict);
    staged_.clear();
  }

 private:
  std::vector<std::pair<ingest::Receipt, ingest::Verdict>> staged_;
};

}  // namespace dispatch::flow

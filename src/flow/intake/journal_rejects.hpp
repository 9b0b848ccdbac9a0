#pragma once

#include "ingest/rejects/reject_sink.hpp"
#include "journal/transaction.hpp"

namespace dispatch::flow {

/// Adds rejects to the journal's queue of rejected lines, in a transaction that the caller commits.
class JournalRejects final : public ingest::RejectSink {
 public:
  /// Stores rejects as long as the journal then has at most `most`. `transaction` is borrowed.
  JournalRejects(journal::Transaction& transaction, const journal::RejectCount& most, WallTime now)
      : transaction_(transaction), most_(most), now_(now) {}

  Result<std::size_t> keep(std::span<const ingest::Reject> rejects) override;
  Result<> flush() override { return {}; }
  Result<> finish() override { return {}; }

 private:
  journal::Transaction& transaction_;
  const journal::RejectCount most_;
  const WallTime now_;
};

}  // namespace dispatch::flow

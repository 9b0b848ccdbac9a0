#pragma once

#include "base/clock.hpp"
#include "flow/observe/run_stats.hpp"
#include "flow/observe/throughput.hpp"
#include "journal/store.hpp"
#include "metrics/gauges.hpp"

#include <memory>
#include <mutex>
#include <vector>

namespace dispatch::telemetry {

/// The current state of a run and its journal, read on demand. Thread-safe.
class RunGauges final : public metrics::Gauges {
 public:
  /// All arguments are borrowed.
  RunGauges(const flow::SharedStats& shared_stats, const journal::Store& store, const Clock& clock);

  void read(std::vector<metrics::Sample>& samples) override;

 private:
  void read_run(std::vector<metrics::Sample>& samples);
  void read_journal(std::vector<metrics::Sample>& samples);
  Result<journal::JournalHealth> health();

  const flow::SharedStats& shared_stats_;
  const journal::Store& store_;
  const Clock& clock_;
  std::mutex mutex_;
  flow::Throughput ingest_;
  std::unique_ptr<journal::JournalReader> reader_;  // opened at the first read
};

}  // namespace dispatch::telemetry

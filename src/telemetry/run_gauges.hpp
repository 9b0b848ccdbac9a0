#pragma once

#include "base/clock.hpp"
#include "flow/observe/run_stats.hpp"
#include "flow/observe/throughput.hpp"
#include "journal/journal_reader.hpp"
#include "metrics/gauges.hpp"

#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::telemetry {

/// How a run and its journal stand at the moment somebody looks. Thread-safe.
class RunGauges final : public metrics::Gauges {
 public:
  /// All is borrowed.
  RunGauges(const flow::SharedStats& shared_stats, const std::string& journal, const Clock& clock);

  void read(std::vector<metrics::Sample>& samples) override;

 private:
  void read_run(std::vector<metrics::Sample>& samples);
  void read_journal(std::vector<metrics::Sample>& samples);
  Result<journal::JournalHealth> health();

  const flow::SharedStats& shared_stats_;
  const std::string& journal_;
  const Clock& clock_;
  std::mutex mutex_;
  flow::Throughput ingest_;
  std::optional<journal::JournalReader> reader_;  // opened by who looks first
};

}  // namespace dispatch::telemetry

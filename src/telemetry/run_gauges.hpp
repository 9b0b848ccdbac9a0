#pragma once

#include "base/clock.hpp"
#include "flow/observe/figures.hpp"
#include "flow/observe/throughput.hpp"
#include "journal/ledger.hpp"
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
  RunGauges(const flow::Scoreboard& scoreboard, const std::string& journal, const Clock& clock);

  void read(std::vector<metrics::Sample>& samples) override;

 private:
  void read_run(std::vector<metrics::Sample>& samples);
  void read_journal(std::vector<metrics::Sample>& samples);
  Result<journal::Pulse> pulse();

  const flow::Scoreboard& scoreboard_;
  const std::string& journal_;
  const Clock& clock_;
  std::mutex mutex_;
  flow::Throughput ingest_;
  std::optional<journal::Ledger> ledger_;  // opened by who looks first
};

}  // namespace dispatch::telemetry

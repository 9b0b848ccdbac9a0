#pragma once

#include "bench/scenario.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>

namespace dispatch::bench {

/// A journal in which events wait, a tenth as many entities as events.
struct Waiting {
  std::uint64_t events = 0;
  std::filesystem::path journal;
  std::optional<double> ingest_peak_mib;  ///< where it was made just now
};

/// Some seconds of delivering what waits.
struct WaitingRun {
  Measured measured;
  Served served;
  double start_seconds() const {
    return std::chrono::duration<double>{served.first - measured.began}.count();
  }
  /// From the first request to the last, so that neither the start nor the end counts.
  double events_per_second() const {
    return static_cast<double>(served.requests) /
           std::chrono::duration<double>{served.last - served.first}.count();
  }
};

/// The journals with waiting events, and the server that those events are for. Made once: in the directory
/// that the plan keeps them in they are found again, else they live as long as the workplace.
class WaitingJournals {
 public:
  explicit WaitingJournals(const Bench& bench);

  Waiting with(std::uint64_t events) const;
  /// Works on a copy, so that the next run finds as much.
  WaitingRun run(const Waiting& waiting) const;

 private:
  const Workplace& place_;
  std::filesystem::path directory_;
  std::unique_ptr<Server> server_;
};

}  // namespace dispatch::bench

#include "bench/scenario.hpp"
#include "bench/waiting.hpp"

#include <algorithm>
#include <cstdio>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal peak{"memory_peak", "peak memory with events waiting", "MiB", 160, 96};

/// Prints the peaks and returns the higher one.
double peak_with(const WaitingJournals& journals, std::uint64_t events) {
  const auto waiting = journals.with(events);
  const double run = journals.run(waiting).measured.peak_mib;
  fmt::print("  {:<24}{:>16}{:>20.1f}\n", fmt::format("{} events", events),
             waiting.ingest_peak_mib ? fmt::format("{:.1f}", *waiting.ingest_peak_mib) : "kept", run);
  std::fflush(stdout);
  return std::max(waiting.ingest_peak_mib.value_or(0), run);
}

}  // namespace

void memory(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  fmt::print("memory: peak while accepting, and in the first seconds of delivering what waits\n");
  fmt::print("  {:<24}{:>16}{:>20}\n", "waiting", "ingest MiB", "run MiB");
  const WaitingJournals journals{bench};
  const double few = peak_with(journals, plan.few_waiting);
  const double many = peak_with(journals, plan.waiting);
  scorecard.add(peak, many, fmt::format("{} waiting; {:.1f} with {}", plan.waiting, few, plan.few_waiting));
}

}  // namespace dispatch::bench

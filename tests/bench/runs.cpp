#include "bench/runs.hpp"

#include <cstdio>

#include <fmt/format.h>

namespace dispatch::bench {

void print_row(const char* name, const Runs& runs) {
  fmt::print("  {:<32}{:>12.0f}{:>14.1f}{:>12.1f}\n", name, runs.events_per_second(), runs.cpu_us_per_event(),
             runs.peak_mib());
}

void print(const Comparison& result) {
  fmt::print("  {:<32}{:>12}{:>14}{:>12}\n", "", "events/s", "CPU us/event", "peak MiB");
  print_row(result.reference_name, result.reference);
  print_row(result.name, result.runs);
  fmt::print("  {:<32}{:>12.2f}{:>14.2f}{:>12.2f}\n", "ratio", result.rate_share(), result.cpu_share(),
             result.runs.peak_mib() / result.reference.peak_mib());
  std::fflush(stdout);
}

std::string rates_note(const Comparison& comparison) {
  return fmt::format("{:.0f} of {:.0f} events/s", comparison.runs.events_per_second(),
                     comparison.reference.events_per_second());
}

}  // namespace dispatch::bench

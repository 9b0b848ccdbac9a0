#include "bench/runs.hpp"
#include "bench/scenario.hpp"

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal seconds{"distinct_hosts_seconds", "60,000 distinct hosts", "s", 20, 10};
constexpr Goal peak{"distinct_hosts_peak", "60,000 distinct hosts: peak memory", "MiB", 128, 96};
constexpr Goal growth{"distinct_hosts_growth", "three times as many hosts: times the time", "", 3.5, 3};

constexpr std::uint64_t few = 60'000;
constexpr std::uint64_t many = 3 * few;

/// One event for each host.
Runs runs_over(const Bench& bench, Server& server, std::uint64_t hosts) {
  const auto& place = bench.place;
  const auto events = place / fmt::format("{}-hosts.jsonl", hosts);
  const auto journal = place / "journal.db";
  place.generate({.events = hosts, .entities = hosts, .port = server.port(), .names = true}, events);
  Runs runs{hosts};
  for (std::uint64_t i = 0; i < bench.plan.repeat; ++i) {
    remove_journal(journal);
    runs.add(place.run_by_name(journal, {"--quiet", events}));
    server.expect(hosts);
  }
  fmt::print("  {:<24}{:>12.1f}{:>14.1f}{:>14.1f}\n", fmt::format("{} hosts", hosts),
             static_cast<double>(hosts) / runs.events_per_second(), runs.cpu_us_per_event(), runs.peak_mib());
  return runs;
}

}  // namespace

void distinct_hosts(const Bench& bench) {
  fmt::print("distinct-hosts: an event for each host, whose name is looked up\n");
  fmt::print("  {:<24}{:>12}{:>14}{:>14}\n", "", "s", "CPU us/host", "peak MiB");
  const auto server = bench.place.serve({.hosts = named_addresses});
  const auto of_few = runs_over(bench, *server, few);
  const auto of_many = runs_over(bench, *server, many);
  const double once = few / of_few.events_per_second();
  bench.scorecard.add(seconds, once, fmt::format("{:.1f} us of CPU a host", of_few.cpu_us_per_event()));
  bench.scorecard.add(peak, of_few.peak_mib(), fmt::format("{:.1f} with {}", of_many.peak_mib(), many));
  bench.scorecard.add(growth, many / of_many.events_per_second() / once,
                      fmt::format("{:.1f} us of CPU a host", of_many.cpu_us_per_event()));
}

}  // namespace dispatch::bench

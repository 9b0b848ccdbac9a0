#include "bench/runs.hpp"
#include "bench/scenario.hpp"
#include "bench/turns.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal share{"latency_share", "50 ms latency: share of what 50 connections allow", "", 0.97, 0.99};
constexpr Goal cpu{"latency_cpu", "50 ms latency: CPU an event", "us", 85, 60};

}  // namespace

void latency(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  const auto count = std::max<std::uint64_t>(plan.events / 20, 1);
  constexpr double possible = connections * 1000.0 / latency_ms;
  fmt::print("latency: {} events, answered after {} ms, so that {} connections allow {} events/s\n", count,
             latency_ms, connections, possible);
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  place.generate({.events = count, .entities = entities}, events);
  const auto server = place.serve({.latency_ms = latency_ms});
  Comparison result{"bare client", Runs{count}, "dispatch run", Runs{count}};
  Runs raw{count};
  Turns turns;
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    result.reference.add(place.run_bare_client(events, server->url(), connections));
    server->expect(count);
    remove_journal(journal);
    result.runs.add(place.dispatch("run", journal, {"--to", server->url(), events}));
    server->expect(count);
    turns.add(journal);
  }
  raw.add(place.run_bare_raw_client(events, server->url(), connections));
  server->expect(count);
  print(result);
  print_row("bare client without libcurl", raw);
  turns.print();
  scorecard.add(share, result.runs.events_per_second() / possible,
                fmt::format("the bare client {:.3f}", result.reference.events_per_second() / possible));
  scorecard.add(cpu, result.runs.cpu_us_per_event(),
                fmt::format("the bare client {:.0f} us, without libcurl {:.0f}",
                            result.reference.cpu_us_per_event(), raw.cpu_us_per_event()));
}

}  // namespace dispatch::bench

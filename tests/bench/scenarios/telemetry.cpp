#include "bench/runs.hpp"
#include "bench/scenario.hpp"

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal share{"telemetry_share", "all telemetry on: share of the rate with it off", "", 0.95, 1.0};

}  // namespace

void telemetry(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  fmt::print("telemetry: {} events over {} entities, all that watches on and off\n", plan.events, entities);
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  place.generate({.events = plan.events, .entities = entities}, events);
  const auto server = place.serve();
  Comparison result{"off", Runs{plan.events}, "on", Runs{plan.events}};
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    remove_journal(journal);
    result.reference.add(place.dispatch("run", journal, {"--to", server->url(), events}));
    server->expect(plan.events);
    remove_journal(journal);
    result.runs.add(place.dispatch("run", journal,
                                   {"--to", server->url(), events, "--metrics-listen", "127.0.0.1:0",
                                    "--metrics-file", place / "metrics.prom", "--metrics-every", "1s"}));
    server->expect(plan.events);
  }
  print(result);
  scorecard.add(share, result.rate_share(),
                fmt::format("{:.0f} of {:.0f} events/s", result.runs.events_per_second(),
                            result.reference.events_per_second()));
}

}  // namespace dispatch::bench

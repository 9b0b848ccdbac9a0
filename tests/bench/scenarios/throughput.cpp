#include "bench/runs.hpp"
#include "bench/scenario.hpp"

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal rate{"throughput_rate", "events/s over the bare client's", "", 0.75, 0.95};
constexpr Goal cpu{"throughput_cpu", "CPU per event over the bare client's", "", 1.9, 1.4};

}  // namespace

void throughput(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  fmt::print("throughput: {} events over {} entities, {} connections\n", plan.events, entities, connections);
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  place.generate({.events = plan.events, .entities = entities}, events);
  const auto server = place.serve();
  Comparison result{"bare client", Runs{plan.events}, "dispatch run", Runs{plan.events}};
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    result.reference.add(place.run_bare_client(events, server->url(), connections));
    server->expect(plan.events);
    remove_journal(journal);
    result.runs.add(place.dispatch("run", journal, {"--to", server->url(), events}));
    server->expect(plan.events);
  }
  print(result);
  scorecard.add(rate, result.rate_share(),
                fmt::format("{:.0f} of {:.0f} events/s", result.runs.events_per_second(),
                            result.reference.events_per_second()));
  scorecard.add(cpu, result.cpu_share(),
                fmt::format("{:.1f} and {:.1f} us", result.runs.cpu_us_per_event(),
                            result.reference.cpu_us_per_event()));
}

}  // namespace dispatch::bench

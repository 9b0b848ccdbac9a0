#include "bench/runs.hpp"
#include "bench/scenario.hpp"
#include "bench/turns.hpp"

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal rate{"throughput_rate", "events/s over the bare client's", "", 0.9, 1.0};
constexpr Goal cpu{"throughput_cpu", "CPU per event over the bare client's", "", 1.3, 1.15};

}  // namespace

void throughput(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  fmt::print("throughput: {} events over {} entities, {} connections\n", plan.events, entities, connections);
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  place.generate({.events = plan.events, .entities = entities}, events);
  const auto server = place.serve();
  Comparison result{"bare client", Runs{plan.events}, "dispatch run", Runs{plan.events}};
  Runs raw{plan.events};
  Turns turns;
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    result.reference.add(place.run_bare_client(events, server->url(), connections));
    server->expect(plan.events);
    raw.add(place.run_bare_raw_client(events, server->url(), connections));
    server->expect(plan.events);
    remove_journal(journal);
    result.runs.add(place.dispatch("run", journal, {"--to", server->url(), events}));
    server->expect(plan.events);
    turns.add(journal);
  }
  print(result);
  print_row("bare client without libcurl", raw);
  turns.print();
  const double raw_rate = raw.events_per_second();
  scorecard.add(rate, result.rate_share(),
                fmt::format("{}; {:.3f} of the {:.0f} without libcurl", rates_note(result),
                            result.runs.events_per_second() / raw_rate, raw_rate));
  scorecard.add(cpu, result.cpu_share(),
                fmt::format("{:.1f} and {:.1f} us; {:.1f} without libcurl", result.runs.cpu_us_per_event(),
                            result.reference.cpu_us_per_event(), raw.cpu_us_per_event()));
}

}  // namespace dispatch::bench

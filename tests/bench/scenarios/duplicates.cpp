#include "bench/runs.hpp"
#include "bench/scenario.hpp"

#include <cstdio>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal rate{"duplicates_rate", "duplicates: a rerun over what is delivered", "lines/s", 300'000,
                    600'000};

}  // namespace

void duplicates(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  fmt::print("duplicates: {} events over {} entities, delivered before\n", plan.delivered, entities);
  std::fflush(stdout);
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  place.generate({.events = plan.delivered, .entities = entities}, events);
  const auto server = place.serve();
  const auto run = [&] { return place.dispatch("run", journal, {"--to", server->url(), events}); };
  remove_journal(journal);
  run();
  server->expect(plan.delivered);
  Runs reruns{plan.delivered};
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    reruns.add(run());
    server->expect(0);
  }
  fmt::print("  {:.0f} lines/s, {:.2f} us of CPU a line, {:.1f} MiB\n", reruns.events_per_second(),
             reruns.cpu_us_per_event(), reruns.peak_mib());
  scorecard.add(rate, reruns.events_per_second(), fmt::format("{} events", plan.delivered));
}

}  // namespace dispatch::bench

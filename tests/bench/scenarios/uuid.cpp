#include "bench/runs.hpp"
#include "bench/scenario.hpp"

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal share{"uuid_share", "random UUIDs as event ids: share of the rate with ascending", "", 0.65,
                     0.8};

}  // namespace

void uuid(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  fmt::print("uuid: {} events over {} entities, with ascending event ids and with random UUIDs\n",
             plan.events, entities);
  const auto ascending = place / "ascending.jsonl";
  const auto random = place / "random.jsonl";
  const auto journal = place / "journal.db";
  Input input{.events = plan.events, .entities = entities};
  place.generate(input, ascending);
  input.uuids = true;
  place.generate(input, random);
  const auto server = place.serve();
  Comparison result{"ascending ids", Runs{plan.events}, "random UUIDs", Runs{plan.events}};
  const auto run = [&](const std::filesystem::path& events) {
    remove_journal(journal);
    const auto measured = place.dispatch("run", journal, {"--to", server->url(), events});
    server->expect(plan.events);
    return measured;
  };
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    result.reference.add(run(ascending));
    result.runs.add(run(random));
  }
  print(result);
  scorecard.add(share, result.rate_share(), rates_note(result));
}

}  // namespace dispatch::bench

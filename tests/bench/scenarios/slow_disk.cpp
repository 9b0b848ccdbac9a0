#include "bench/runs.hpp"
#include "bench/scenario.hpp"
#include "bench/turns.hpp"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

using namespace std::chrono_literals;

constexpr Goal share{"slow_disk_share", "fdatasync of 5 ms: share of the rate with 0.1 ms", "", 0.4, 0.6};

constexpr std::chrono::microseconds fast = 100us;
constexpr std::chrono::microseconds slow = 5ms;

}  // namespace

void slow_disk(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  const auto count = std::max<std::uint64_t>(plan.events / 5, 1);
  fmt::print("slow-disk: {} events over {} entities; fdatasync takes {} us and {} us, by a library\n", count,
             entities, fast.count(), slow.count());
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  place.generate({.events = count, .entities = entities}, events);
  const auto server = place.serve();
  const auto run = [&](std::chrono::microseconds sync) {
    remove_journal(journal);
    const auto measured = place.run_on_disk_of(sync, journal, {"--quiet", "--to", server->url(), events});
    server->expect(count);
    return measured;
  };
  Comparison result{"fdatasync 0.1 ms", Runs{count}, "fdatasync 5 ms", Runs{count}};
  Turns turns;
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    result.reference.add(run(fast));
    result.runs.add(run(slow));
    turns.add(journal);
  }
  print(result);
  turns.print();
  scorecard.add(share, result.rate_share(),
                fmt::format("{}; {:.0f} events a turn", rates_note(result), turns.events_per_turn()));
}

}  // namespace dispatch::bench

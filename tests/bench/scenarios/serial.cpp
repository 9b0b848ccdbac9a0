#include "bench/runs.hpp"
#include "bench/scenario.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal share{"serial_share", "one entity: share of what the disk allows", "", 0.65, 0.75};

}  // namespace

void serial(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  const auto count = std::max<std::uint64_t>(plan.events / 10, 1);
  fmt::print("serial: {} events of one entity, the bare client with one connection\n", count);
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  place.generate({.events = count, .entities = 1}, events);
  const auto server = place.serve();
  Comparison result{"bare client", Runs{count}, "dispatch run", Runs{count}};
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    result.reference.add(place.run_bare_client(events, server->url(), 1));
    server->expect(count);
    remove_journal(journal);
    result.runs.add(place.dispatch("run", journal, {"--to", server->url(), events}));
    server->expect(count);
  }
  print(result);
  // The intent of an event is on the disk before it is sent, and that takes a commit for each.
  const double bare = result.reference.events_per_second();
  const double bound = 1 / (1 / bare + disk);
  fmt::print(
      "  bound by the disk: 1 / ({:.0f} us for a request + {:.0f} us for fdatasync) = {:.0f} events/s\n",
      1e6 / bare, 1e6 * disk, bound);
  const double rate = result.runs.events_per_second();
  scorecard.add(share, rate / bound,
                fmt::format("{:.0f} of {:.0f} events/s; {:.3f} of the bare client's {:.0f}", rate, bound,
                            result.rate_share(), bare));
}

}  // namespace dispatch::bench

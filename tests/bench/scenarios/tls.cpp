#include "bench/runs.hpp"
#include "bench/scenario.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal share{"tls_share", "https, kept connections: events/s over the bare client's", "", 0.9, 1.0};

}  // namespace

void tls(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  const auto count = std::max<std::uint64_t>(plan.events / 2, 1);
  fmt::print("tls: {} events over {} entities by TLS 1.3, {} connections, which are kept\n", count, entities,
             connections);
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  place.generate({.events = count, .entities = entities}, events);
  const auto identity = place / "identity.pem";
  place.make_identity(identity);
  const auto server = place.serve({.identity = identity});
  Comparison result{"bare client, TLS", Runs{count}, "dispatch run, TLS", Runs{count}};
  std::uint64_t most_open = 0;
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    result.reference.add(place.run_bare_client(events, server->url(), connections, identity));
    server->expect(count);
    remove_journal(journal);
    result.runs.add(place.dispatch("run", journal, {"--cacert", identity, "--to", server->url(), events}));
    most_open = std::max(most_open, server->expect(count).most_open);
  }
  print(result);
  scorecard.add(share, result.rate_share(),
                fmt::format("{}; at most {} connections", rates_note(result), most_open));
}

}  // namespace dispatch::bench

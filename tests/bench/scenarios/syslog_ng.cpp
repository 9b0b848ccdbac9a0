#include "bench/syslog_ng.hpp"

#include "bench/runs.hpp"
#include "bench/scenario.hpp"

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal share{"syslog_ng_share", "events/s over syslog-ng's with disk buffer", "", 1.15, 1.3};

}  // namespace

void syslog_ng(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  fmt::print("syslog-ng: {} payloads from a file, disk buffer, {} workers; it neither orders nor syncs\n",
             plan.events, connections);
  const auto peer = SyslogNg::find(plan.syslog_ng);
  if (!peer) {
    const auto why =
        fmt::format("there is no syslog-ng with its http module below {}", plan.syslog_ng.string());
    fmt::print("  not measured: {}\n", why);
    scorecard.add_missing(share, why);
    return;
  }
  const auto payloads = place / "payloads.log";
  const auto events = place / "events.jsonl";
  const auto journal = place / "journal.db";
  place.generate({.events = plan.events, .entities = entities, .payloads = true}, payloads);
  place.generate({.events = plan.events, .entities = entities}, events);
  const auto server = place.serve();
  Comparison result{"syslog-ng", Runs{plan.events}, "dispatch run", Runs{plan.events}};
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    result.reference.add(peer->run(place, payloads, *server, plan.events, connections));
    remove_journal(journal);
    result.runs.add(place.dispatch("run", journal, {"--to", server->url(), events}));
    server->expect(plan.events);
  }
  print(result);
  scorecard.add(share, result.rate_share(),
                fmt::format("{}; {:.1f} and {:.1f} us of CPU an event", rates_note(result),
                            result.runs.cpu_us_per_event(), result.reference.cpu_us_per_event()));
}

}  // namespace dispatch::bench

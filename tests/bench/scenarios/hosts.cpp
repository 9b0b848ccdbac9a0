#include "bench/runs.hpp"
#include "bench/scenario.hpp"

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal share{"hosts_share", "200 hosts, 50 ms: share of one host's rate without", "", 0.8, 0.9};
constexpr Goal spread{"hosts_spread", "  the same: spread of the runs", "%", 10, 5};

constexpr std::uint64_t host_count = 200;
// Twice as many entities as requests at a time: a request needs an entity of which nothing else is under way.
constexpr std::uint64_t requests = host_count * connections;
constexpr std::uint64_t many_entities = 2 * requests;

}  // namespace

void hosts(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  fmt::print("hosts: {} events over {} entities; {} hosts answer after {} ms, {} requests at a time\n",
             plan.events, many_entities, host_count, latency_ms, requests);
  const auto near = place.serve();
  const auto far = place.serve({.latency_ms = latency_ms, .hosts = host_count});
  const auto to_one = place / "one-host.jsonl";
  const auto to_many = place / "many-hosts.jsonl";
  const auto journal = place / "journal.db";
  Input input{.events = plan.events, .entities = many_entities, .hosts = 1, .port = near->port()};
  place.generate(input, to_one);
  input.hosts = host_count;
  input.port = far->port();
  place.generate(input, to_many);

  Comparison result{"one host, no latency", Runs{plan.events}, "many hosts", Runs{plan.events}};
  Served seen;
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    remove_journal(journal);
    result.reference.add(place.dispatch("run", journal, {to_one}));
    near->expect(plan.events);
    remove_journal(journal);
    result.runs.add(place.dispatch("run", journal, {"--workers", std::to_string(requests), to_many}));
    seen = far->expect(plan.events);
  }
  print(result);
  const auto bare = place.run_bare_client(to_many, {}, requests);
  far->expect(plan.events);
  const double bare_rate = static_cast<double>(plan.events) / bare.seconds;
  fmt::print("  {:<32}{:>12.0f}{:>14.1f}{:>12.1f}\n", "bare client, many hosts, once", bare_rate,
             bare.cpu_seconds * 1e6 / static_cast<double>(plan.events), bare.peak_mib);
  scorecard.add(share, result.rate_share(),
                fmt::format("{:.0f} of {:.0f} events/s, at most {} connections; the bare client {:.0f}",
                            result.runs.events_per_second(), result.reference.events_per_second(),
                            seen.most_open, bare_rate));
  if (plan.repeat < 2) return scorecard.add_missing(spread, "one run has no spread");
  scorecard.add(
      spread, result.runs.rate_spread_percent(),
      fmt::format("{} runs; with one host {:.0f} %", plan.repeat, result.reference.rate_spread_percent()));
}

}  // namespace dispatch::bench

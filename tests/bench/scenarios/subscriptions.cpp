#include "bench/runs.hpp"
#include "bench/scenario.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

constexpr Goal share{"subscriptions_share", "10 subscriptions, 10 hosts: share of one host's rate", "", 0.95,
                     1.0};

constexpr std::uint64_t subscription_count = 10;

}  // namespace

void subscriptions(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  const std::uint64_t events = std::max(plan.events / subscription_count, std::uint64_t{1});
  const std::uint64_t deliveries = events * subscription_count;
  fmt::print("subscriptions: {} events to {} subscriptions on as many hosts, against {} events to one host\n",
             events, subscription_count, deliveries);
  const auto server = place.serve({.hosts = subscription_count});
  const auto few = place / "few.jsonl";
  const auto many = place / "many.jsonl";
  const auto journal = place / "journal.db";
  place.generate({.events = events, .entities = entities}, few);
  place.generate({.events = deliveries, .entities = entities}, many);

  Comparison result{"one host", Runs{deliveries}, "10 subscriptions on 10 hosts", Runs{deliveries}};
  for (std::uint64_t i = 0; i < plan.repeat; ++i) {
    remove_journal(journal);
    result.reference.add(place.dispatch("run", journal, {"--to", server->url(), many}));
    server->expect(deliveries);
    remove_journal(journal);
    for (std::uint64_t host = 1; host <= subscription_count; ++host)
      place.set_up({"subscription", "add", fmt::format("s{}", host), "--journal", journal, "--types", "*",
                    "--rate", "off", "--url", fmt::format("http://127.0.0.{}:{}/", host, server->port())});
    result.runs.add(place.dispatch("run", journal, {few}));
    server->expect(deliveries);
  }
  print(result);
  scorecard.add(share, result.rate_share(),
                fmt::format("{:.0f} of {:.0f} deliveries/s", result.runs.events_per_second(),
                            result.reference.events_per_second()));
}

}  // namespace dispatch::bench

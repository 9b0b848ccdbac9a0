#include "bench/callgrind.hpp"
#include "bench/scenario.hpp"
#include "bench/turns.hpp"

#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace dispatch::bench {
namespace {

struct Client {
  const char* name;
  Goal all, dispatcher;
};
constexpr Client clients[]{
    {"direct",
     {"instructions_direct", "instructions, direct client", "an event", 90'000, 70'000},
     {"instructions_direct_dispatcher", "  of them the dispatcher's thread", "an event", 45'000, 35'000}},
    {"libcurl",
     {"instructions_libcurl", "instructions, libcurl's client", "an event", 90'000, 70'000},
     {"instructions_libcurl_dispatcher", "  of them the dispatcher's thread", "an event", 45'000, 35'000}}};

const std::filesystem::path valgrind = "/usr/bin/valgrind";

/// Instructions of one run. The journal stays.
Instructions run(const Bench& bench, Server& server, const char* client, std::uint64_t events,
                 const std::filesystem::path& journal) {
  const auto& place = bench.place;
  const auto input = place / "events.jsonl";
  const TempDir profiles{place.directory()};
  place.generate({.events = events, .entities = entities}, input);
  remove_journal(journal);
  place.profile(valgrind, profiles / "callgrind", client, journal, {"--to", server.url(), input});
  server.expect(events);
  return read_profiles(profiles / "callgrind");
}

}  // namespace

void instructions(const Bench& bench) {
  const auto& [place, plan, scorecard, disk] = bench;
  const auto few = std::max<std::uint64_t>(plan.profiled / 5, 1);
  const auto more = std::max<std::uint64_t>(plan.profiled - few, 1);
  fmt::print("instructions: by valgrind, of {} events less those of {}, by {}\n", few + more, few, more);
  if (!std::filesystem::exists(valgrind)) {
    const auto why = fmt::format("{} is missing; install Debian's package valgrind", valgrind.string());
    fmt::print("  not measured: {}\n", why);
    for (const auto& client : clients) scorecard.add_missing(client.all, why);
    return;
  }
  fmt::print("  {:<12}{:>12}{:>12}{:>12}{:>12}{:>12}\n", "client", "all", "dispatcher", "transport", "reader",
             "others");
  std::fflush(stdout);
  const auto server = place.serve();
  const auto journal = place / "journal.db";
  for (const auto& client : clients) {
    if (!plan.http_client.empty() && plan.http_client != client.name) continue;
    const auto of_few = run(bench, *server, client.name, few, journal);
    const auto of_many = run(bench, *server, client.name, few + more, journal);
    const auto event = per_event(of_many, of_few, more);
    fmt::print("  {:<12}{:>12.0f}{:>12.0f}{:>12.0f}{:>12.0f}{:>12.0f}\n", client.name, event.all(),
               event.dispatcher, event.transport, event.reader, event.others);
    Turns turns;
    turns.add(journal);
    turns.print();
    std::fflush(stdout);
    scorecard.add(client.all, event.all(),
                  fmt::format("transport {:.0f}, reader {:.0f}, others {:.0f}", event.transport, event.reader,
                              event.others));
    scorecard.add(
        client.dispatcher, event.dispatcher,
        fmt::format("{:.0f} % of the events begun by the turn that accepted them", 100 * turns.short_way()));
  }
}

}  // namespace dispatch::bench

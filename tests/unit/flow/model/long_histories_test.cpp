// Histories by chance, longer than all of them could be played: fan-outs behind lanes that have gone on,
// replays, pauses, gaps, releases and crashes, with as little in memory as a dispatcher can work with.

#include "unit/flow/model/explorer.hpp"

#include <cstdlib>
#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

const char* const far = "http://b.test/hook";
const char* const subscribed = "http://s.test/hook";
constexpr std::size_t histories_each = 300;

/// DISPATCH_TEST_HISTORIES says how many more are to be played.
std::size_t histories() {
  const char* told = std::getenv("DISPATCH_TEST_HISTORIES");
  return told == nullptr ? histories_each : std::strtoul(told, nullptr, 10);
}

std::uint64_t seed() {
  const char* told = std::getenv("DISPATCH_TEST_SEED");
  return told == nullptr ? 1 : std::strtoul(told, nullptr, 10);
}

/// `entities` streams of `each` events, for subscriptions alone.
std::vector<Line> streams(int entities, int each) {
  std::vector<Line> lines;
  for (int entity = 0; entity < entities; ++entity)
    for (int number = 1; number <= each; ++number) {
      const std::string name(1, static_cast<char>('X' + entity));
      lines.push_back({static_cast<char>('x' + entity) + std::to_string(number), name, number, ""});
    }
  return lines;
}

/// As little as there can be of each.
flow::WindowLimits small_window() {
  auto window = flow::WindowLimits::suiting({.requests = {.per_host = 1}});
  window.lanes_per_queue = 2;
  window.lanes = 3;
  window.items_per_lane = 1;
  window.rows_per_turn = 2;
  window.wakeups_per_turn = 2;
  window.waiting_least = window.waiting_most = 1;
  window.queues_kept = 0;
  return window;
}

constexpr policy::BreakerPolicy breaker{
    .failures = 2, .open_for = std::chrono::seconds{30}, .probes = 1, .successes = 1};

void wandered(const Setting& setting, const Bounds& bounds) {
  const auto found = wander(setting, bounds, seed(), histories());
  if (found.failure) FAIL(to_test(setting, *found.failure));
  MESSAGE(found.histories << " histories, " << found.steps << " steps");
}

}  // namespace

TEST_CASE("histories by chance: a fan-out behind a lane that has gone on") {
  Setting setting{.events = streams(1, 7), .rules = {.subscribed = subscribed, .subscribed_later = true}};
  const Bounds bounds{.failures = 2, .give_ups = 2, .crashes = 2, .operators = 2, .fan_outs = 3, .pauses = 2};
  SUBCASE("with room") {
    wandered(setting, bounds);
  }
  SUBCASE("with little in memory") {
    setting.rules.window = small_window();
    wandered(setting, bounds);
  }
}

TEST_CASE("histories by chance: pauses with gaps") {
  Setting setting{.events = streams(3, 3), .rules = {.subscribed = subscribed}};
  const Bounds bounds{.failures = 2, .crashes = 1, .operators = 2, .halts = 3, .pauses = 2};
  SUBCASE("with room") {
    wandered(setting, bounds);
  }
  SUBCASE("with little in memory") {
    setting.rules.window = small_window();
    wandered(setting, bounds);
  }
  SUBCASE("and a circuit") {
    setting.rules.window = small_window();
    setting.rules.breaker = breaker;
    wandered(setting, bounds);
  }
  SUBCASE("beside direct deliveries") {
    setting.rules.window = small_window();
    for (auto& line : setting.events) line.url = far;
    wandered(setting, bounds);
  }
}

TEST_CASE("histories by chance: a URL that changes") {
  Setting setting{.events = streams(2, 4), .rules = {.subscribed = subscribed, .subscribed_later = true}};
  const Bounds bounds{
      .failures = 3, .give_ups = 1, .throttles = 2, .crashes = 1, .operators = 2, .fan_outs = 1, .moves = 4};
  SUBCASE("with room") {
    wandered(setting, bounds);
  }
  SUBCASE("with little in memory") {
    setting.rules.window = small_window();
    wandered(setting, bounds);
  }
  SUBCASE("with a circuit") {
    setting.rules.window = small_window();
    setting.rules.breaker = breaker;
    wandered(setting, bounds);
  }
}

TEST_CASE("histories by chance: everything at once") {
  Setting setting{.events = streams(2, 4), .rules = {.subscribed = subscribed, .subscribed_later = true}};
  const Bounds bounds{.failures = 3,
                      .give_ups = 2,
                      .throttles = 2,
                      .crashes = 2,
                      .operators = 3,
                      .fan_outs = 2,
                      .halts = 2,
                      .moves = 2,
                      .removals = 1,
                      .replays = 3,
                      .stops = 1,
                      .aborts = 1,
                      .pauses = 2,
                      .duplicates = 1,
                      .elsewhere = 2};
  SUBCASE("with room") {
    wandered(setting, bounds);
  }
  SUBCASE("with little in memory") {
    setting.rules.window = small_window();
    wandered(setting, bounds);
  }
  SUBCASE("with a circuit") {
    setting.rules.window = small_window();
    setting.rules.breaker = breaker;
    wandered(setting, bounds);
  }
  SUBCASE("beside direct deliveries") {
    setting.rules.window = small_window();
    for (std::size_t i = 0; i < setting.events.size(); i += 2) setting.events[i].url = far;
    wandered(setting, bounds);
  }
  SUBCASE("of which some are committed ahead") {
    setting.rules.ahead = 1;
    wandered(setting, bounds);
  }
}

// Entities that always have something to send do not keep others waiting for ever: what was accepted first
// goes first, but for what is loaded already.

#include "unit/flow/dispatcher_fixture.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

const std::string slow = "http://a.test/slow";
const std::string fast = "http://a.test/fast";

/// Hot entities, each with an event for each round, and cold ones that come later with one event.
class Load {
 public:
  explicit Load(DispatcherFixture& fixture) : fixture_(fixture) {}

  void hot(int entities, const std::string& url) {
    std::vector<Line> lines;
    for (int i = 0; i < entities; ++i) lines.push_back(next(fmt::format("hot{}", i), url));
    fixture_.arrive(lines);
  }
  void cold(int entities, const std::string& url) {
    std::vector<Line> lines;
    for (int i = 0; i < entities; ++i) {
      lines.push_back(next(fmt::format("cold{}", i), url));
      waiting_.push_back(lines.back().id);
    }
    fixture_.arrive(lines);
  }
  /// True where all cold ones have been sent.
  bool served() const {
    const auto sent = fixture_.transport.sent_ids();
    return std::all_of(waiting_.begin(), waiting_.end(),
                       [&](const auto& id) { return std::find(sent.begin(), sent.end(), id) != sent.end(); });
  }

 private:
  Line next(const std::string& entity, const std::string& url) {
    const auto key = entity + " at " + url;
    const auto sequence = ++sequences_[key];
    return {fmt::format("{} {}", key, sequence), key, sequence, url};
  }

  DispatcherFixture& fixture_;
  std::map<std::string, std::int64_t> sequences_;
  std::vector<std::string> waiting_;
};

flow::WindowLimits small_window() {
  auto window = flow::WindowLimits::suiting({.requests = {.per_host = 2}});
  window.lanes_per_queue = 4;
  window.lanes = 8;
  window.items_per_lane = 4;
  window.waiting_least = window.waiting_most = 4;
  return window;
}

void answer_all(DispatcherFixture& fixture, int status) {
  for (const auto& outgoing : fixture.transport.under_way()) {
    auto outcome = answered(status);
    outcome.took = outgoing.url == slow ? 2s : 1ms;
    REQUIRE(fixture.transport.finish_ticket(outgoing.ticket, outcome));
  }
  fixture.play();
}

}  // namespace

TEST_CASE("an entity that comes late is served at a rate though others always have more to send") {
  flow::RunOptions options;
  options.rate = Rate{10, 1s};
  DispatcherFixture fixture{options};
  Load load{fixture};
  for (int round = 0; round < 3; ++round) load.hot(20, fast);
  load.cold(5, fast);
  for (int second = 0; second < 8 && !load.served(); ++second) {
    load.hot(20, fast);
    for (int step = 0; step < 10; ++step) {
      fixture.tick(100ms);
      answer_all(fixture, 200);
    }
  }
  CHECK(load.served());
}

TEST_CASE("an entity that comes late is served after a receiver has asked for time") {
  DispatcherFixture fixture;
  Load load{fixture};
  load.hot(100, fast);
  fixture.play();
  auto throttled = answered(429);
  throttled.retry_after = 1s;
  for (const auto& outgoing : fixture.transport.under_way())
    REQUIRE(fixture.transport.finish_ticket(outgoing.ticket, throttled));
  load.cold(5, fast);
  fixture.play();
  std::size_t before = 0;
  for (int step = 0; step < 1000 && !load.served(); ++step) {
    if (step % 10 == 0) load.hot(100, fast);
    fixture.tick(100ms);
    before = fixture.transport.sent().size();
    answer_all(fixture, 200);
  }
  CHECK(load.served());
  CHECK(before < 400);
}

TEST_CASE("retries that are due are tried at a rate though others always have more to send") {
  flow::RunOptions options;
  options.rate = Rate{10, 1s};
  options.requests.per_host = 2;
  options.window = small_window();
  DispatcherFixture fixture{options};
  Load load{fixture};
  load.cold(20, fast);
  for (int round = 0; round < 2; ++round) load.hot(12, fast);
  const auto retried = [&] {
    const auto sent = fixture.transport.sent();
    return std::count_if(sent.begin(), sent.end(), [](const Outgoing& one) { return one.attempt == 2; });
  };
  for (int step = 0; step < 200 && retried() < 20; ++step) {
    if (step % 10 == 0) load.hot(12, fast);
    fixture.tick(100ms);
    for (const auto& outgoing : fixture.transport.under_way()) {
      const bool fails = outgoing.attempt == 1 && outgoing.entity_id->starts_with("cold");
      REQUIRE(fixture.transport.finish_ticket(outgoing.ticket, answered(fails ? 500 : 200)));
    }
    fixture.play();
  }
  CHECK(retried() == 20);
  CHECK(fixture.transport.sent().size() < 80);
}

TEST_CASE("an entity that comes late is served at a full window though others always have more to send") {
  flow::RunOptions options;
  options.requests.per_host = 2;
  options.window = small_window();
  DispatcherFixture fixture{options};
  Load load{fixture};
  for (int round = 0; round < 10; ++round) load.hot(4, fast);
  load.cold(5, fast);
  for (int round = 0; round < 60 && !load.served(); ++round) {
    load.hot(4, fast);
    fixture.tick(10ms);
    answer_all(fixture, 200);
  }
  CHECK(load.served());
}

TEST_CASE("an entity that comes late is served by a slow URL though others always have more to send") {
  flow::RunOptions options;
  options.requests.per_host = 4;
  options.window = small_window();
  DispatcherFixture fixture{options};
  Load load{fixture};
  for (int round = 0; round < 3; ++round) load.hot(12, slow);
  load.hot(12, fast);
  load.cold(5, slow);
  for (int round = 0; round < 60 && !load.served(); ++round) {
    load.hot(12, slow);
    fixture.tick(2s);
    answer_all(fixture, 200);
  }
  CHECK(load.served());
}

TEST_CASE("hosts for which the window has no room get it in turn") {
  flow::RunOptions options;
  options.requests.per_host = 2;
  options.window = small_window();
  DispatcherFixture fixture{options};
  Load load{fixture};
  const auto at_all = [&](int entities) {
    for (int host = 0; host < 4; ++host) load.hot(entities, fmt::format("http://h{}.test/", host));
  };
  for (int round = 0; round < 3; ++round) at_all(8);
  load.cold(3, "http://last.test/");
  for (int round = 0; round < 60 && !load.served(); ++round) {
    at_all(8);
    fixture.tick(10ms);
    answer_all(fixture, 200);
  }
  CHECK(load.served());
}

TEST_CASE("retries of many hosts that come due at a time go in one turn") {
  constexpr std::size_t hosts = 1'000;
  flow::RunOptions options;
  options.requests.in_all = 2'000;
  DispatcherFixture fixture{options};
  for (std::size_t i = 0; i < hosts; ++i)
    fixture.arrive({{fmt::format("e{}", i), fmt::format("E{}", i), 1, fmt::format("http://h{}.test/", i)}});
  fixture.play();
  fixture.transport.finish_all(answered(500));
  fixture.play();
  REQUIRE(fixture.transport.sent_ids().size() == hosts);
  fixture.clock.tick(1min);
  std::vector<std::size_t> sent;
  REQUIRE(fixture.try_play([&] { sent.push_back(fixture.transport.sent_ids().size()); }));
  CHECK(sent.front() == 2 * hosts);
}

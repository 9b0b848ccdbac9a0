// What waits for a rate or for an open circuit.

#include "support/journal/dead_letters.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <algorithm>
#include <set>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

const std::string dead = "http://a.test:1/dead";
const std::string live = "http://a.test:2/live";

flow::RunOptions with_breaker() {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{};
  return options;
}

flow::RunOptions with_rate(unsigned count, std::chrono::microseconds per) {
  flow::RunOptions options;
  options.rate = Rate{count, per};
  return options;
}

/// Each its own lane.
std::vector<Line> many(const std::string& prefix, int count, const std::string& url) {
  std::vector<Line> lines;
  for (int i = 0; i < count; ++i) {
    const auto name = prefix + std::to_string(i);
    lines.push_back({name, name, 1, url});
  }
  return lines;
}

std::size_t sent_to(const DispatcherFixture& fixture, const std::string& url) {
  const auto sent = fixture.transport.sent();
  return static_cast<std::size_t>(
      std::count_if(sent.begin(), sent.end(), [&](const Outgoing& one) { return one.url == url; }));
}

/// Ends what is under way to that URL, and plays what comes of it.
std::size_t answer_all(DispatcherFixture& fixture, const std::string& url, int status) {
  std::size_t ended = 0;
  for (const auto& outgoing : fixture.transport.under_way()) {
    if (outgoing.url != url) continue;
    REQUIRE(fixture.transport.finish_ticket(outgoing.ticket, answered(status)));
    ++ended;
  }
  fixture.play();
  return ended;
}

/// The dead destination has been tried by as many as there were permits, and rests.
void trip(DispatcherFixture& fixture, int events) {
  fixture.arrive(many("d", events, dead));
  fixture.play();
  answer_all(fixture, dead, 500);
  REQUIRE(fixture.stats().circuits_open == 1);
  REQUIRE(fixture.transport.under_way().empty());
}

}  // namespace

TEST_CASE("nothing is sent to a destination that failed five times in a row until its time is over") {
  DispatcherFixture fixture{with_breaker()};
  fixture.arrive(many("d", 200, dead));
  fixture.play();
  for (const char* id : {"d0", "d1", "d2", "d3"}) fixture.answer(id, 503);
  CHECK(fixture.stats().circuits_open == 0);
  CHECK(fixture.transport.under_way().size() == 50);
  fixture.answer("d4", 503);
  CHECK(fixture.stats().circuits_open == 1);
  CHECK(fixture.transport.under_way().size() == 49);  // one had taken the place of each of the first four
  answer_all(fixture, dead, 503);
  CHECK(fixture.transport.under_way().empty());
  CHECK(sent_to(fixture, dead) == 54);
  for (int second = 0; second < 29; ++second) fixture.tick(1s);
  CHECK(sent_to(fixture, dead) == 54);
  CHECK_FALSE(fixture.finished());
  fixture.tick(1s);
  CHECK(sent_to(fixture, dead) == 57);
}

TEST_CASE("the dispatcher wakes up when an open circuit may be probed and not before") {
  DispatcherFixture fixture{with_breaker()};
  fixture.options.retry.attempts = 1;
  fixture.arrive(many("d", 60, dead));
  fixture.play();
  const WallTime opened = fixture.clock.wall();
  answer_all(fixture, dead, 500);
  fixture.tick(30s - 10ms);
  CHECK(fixture.dispatcher().wake_at(fixture.clock.wall()) == opened + 30s);
  fixture.tick(10ms);
  CHECK(fixture.transport.under_way().size() == 3);
}

TEST_CASE("three probes at a time and three successes close a circuit and all goes on slowly at first") {
  DispatcherFixture fixture{with_breaker()};
  trip(fixture, 300);
  fixture.tick(30s);
  CHECK(fixture.transport.under_way().size() == 3);
  const auto probes = fixture.transport.under_way_ids();
  fixture.answer(probes[0], 200);
  CHECK(fixture.transport.under_way().size() == 3);
  fixture.answer(probes[1], 404);  // it is up, whatever it thinks of this one
  CHECK(fixture.transport.under_way().size() == 3);
  CHECK(fixture.stats().circuits_open == 1);
  fixture.answer(probes[2], 200);
  CHECK(fixture.stats().circuits_open == 0);
  std::vector<std::size_t> begun;  // in each second
  for (int second = 0; second < 4; ++second) {
    const auto before = sent_to(fixture, dead);
    for (int step = 0; step < 20; ++step) {
      answer_all(fixture, dead, 200);
      fixture.tick(50ms);
    }
    begun.push_back(sent_to(fixture, dead) - before);
  }
  CHECK(begun[0] <= 2);
  CHECK(begun[1] <= 3);
  CHECK(begun[2] <= 5);
  CHECK(begun[3] <= 9);
  CHECK(begun[3] >= 4);
  for (int round = 0; round < 1000 && !fixture.finished(); ++round)
    if (answer_all(fixture, dead, 200) == 0) fixture.tick(1s);
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 300);
}

TEST_CASE("a probe that fails opens the circuit again for its whole time") {
  DispatcherFixture fixture{with_breaker()};
  trip(fixture, 100);
  fixture.tick(30s);
  REQUIRE(fixture.transport.under_way().size() == 3);
  fixture.answer(fixture.transport.under_way_ids()[1], 500);
  CHECK(fixture.transport.under_way().size() == 2);
  answer_all(fixture, dead, 200);  // these were sent before
  CHECK(fixture.stats().circuits_open == 1);
  fixture.tick(29s);
  CHECK(fixture.transport.under_way().empty());
  fixture.tick(1s);
  CHECK(fixture.transport.under_way().size() == 3);
}

TEST_CASE("waiting for an open circuit spends no attempt") {
  DispatcherFixture fixture{with_breaker()};
  trip(fixture, 200);
  for (int minute = 0; minute < 60; ++minute) fixture.tick(10s);
  CHECK(fixture.stats().state_counts.of(DeliveryState::dead_letter) == 0);
  for (int round = 0; round < 1000 && !fixture.finished(); ++round)
    if (answer_all(fixture, dead, 200) == 0) fixture.tick(1s);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 200);
  for (const auto& outgoing : fixture.transport.sent()) REQUIRE(outgoing.attempt <= 2);
}

TEST_CASE("a destination that is down slows no other of its host and keeps none of its room") {
  flow::RunOptions options = with_breaker();
  options.requests.per_host = 5;
  DispatcherFixture fixture{options};
  fixture.arrive(many("d", 3000, dead));
  fixture.arrive(many("l", 3000, live));
  fixture.play();
  std::size_t done = 0;
  for (int round = 0; round < 10'000 && done < 3000; ++round) {
    answer_all(fixture, dead, 500);
    done += answer_all(fixture, live, 200);
  }
  CHECK(done == 3000);  // and no time has passed
  CHECK(sent_to(fixture, dead) < 20);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 3000);
  CHECK(fixture.stats().host_limited == 0);

  for (int round = 0; round < 10'000 && !fixture.finished(); ++round)
    if (answer_all(fixture, dead, 200) == 0) fixture.tick(1s);
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 6000);
}

TEST_CASE("entities stay in order through an open circuit") {
  DispatcherFixture fixture{with_breaker()};
  std::vector<Line> lines;
  for (int sequence = 1; sequence <= 20; ++sequence)
    for (int entity = 0; entity < 30; ++entity)
      lines.push_back({"e" + std::to_string(entity) + "." + std::to_string(sequence),
                       "E" + std::to_string(entity), sequence, dead});
  fixture.arrive(lines);
  fixture.play();
  int rounds = 0;
  for (; rounds < 20'000 && !fixture.finished(); ++rounds) {
    const int status = rounds % 11 < 2 ? 500 : 200;
    if (answer_all(fixture, dead, status) == 0) fixture.tick(500ms);
  }
  REQUIRE(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 600);
  std::map<std::string, std::int64_t> last;
  std::set<std::string> seen;
  for (const auto& outgoing : fixture.transport.sent()) {
    if (!seen.insert(outgoing.event_id).second) continue;
    REQUIRE(outgoing.sequence->value() == last[outgoing.entity_id.value_or("")] + 1);
    last[outgoing.entity_id.value_or("")] = outgoing.sequence->value();
  }
}

TEST_CASE("a circuit that opens again by a lane from before holds the lanes that came between") {
  flow::RunOptions options = with_breaker();
  options.requests.per_host = 4;
  options.starts_slowly = false;
  options.breaker->failures = 2;
  DispatcherFixture fixture{options};
  std::vector<Line> lines;
  for (int sequence = 1; sequence <= 9; ++sequence)
    lines.push_back({"x" + std::to_string(sequence), "X", sequence, dead});
  fixture.arrive({lines[0], {"y", "Y", 1, dead}});
  fixture.play();
  fixture.answer("x1", 500);
  fixture.answer("y", 500);
  REQUIRE(fixture.stats().circuits_open == 1);
  fixture.arrive({lines.begin() + 1, lines.end()});
  fixture.tick(30s);
  for (const char* id : {"y", "x1", "x2"}) fixture.answer(id, 200);
  REQUIRE(fixture.stats().circuits_open == 0);
  fixture.arrive(many("late", 20, dead));
  fixture.play();
  REQUIRE(fixture.transport.under_way_ids() == std::vector<std::string>{"x3", "late0", "late1", "late2"});
  fixture.answer("late0", 500);
  REQUIRE(fixture.stats().circuits_open == 0);
  const auto sent = fixture.transport.sent().size();
  fixture.answer("x3", 500);
  CHECK(fixture.stats().circuits_open == 1);
  CHECK(fixture.transport.sent().size() == sent);
  for (int round = 0; round < 1000 && !fixture.finished(); ++round)
    if (answer_all(fixture, dead, 200) == 0) fixture.tick(1s);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 30);
}

TEST_CASE("a released dead letter asks at once whether its destination is up again") {
  flow::RunOptions options = with_breaker();
  options.retry.attempts = 1;
  DispatcherFixture fixture{options};
  trip(fixture, 200);
  REQUIRE(fixture.stats().state_counts.of(DeliveryState::dead_letter) == 50);
  fixture.tick(1s);
  REQUIRE(fixture.transport.under_way().empty());
  const auto operators = fixture.other_journal();
  auto transaction = operators->begin().value();
  REQUIRE(transaction->release(dead_letters(*operators, {.events = {"d7"}}), fixture.clock.wall()).value() ==
          1);
  REQUIRE(transaction->commit());
  fixture.play();
  CHECK(fixture.transport.under_way().size() == 3);
}

TEST_CASE("a discarded dead letter says nothing about its destination") {
  flow::RunOptions options = with_breaker();
  options.retry.attempts = 1;
  DispatcherFixture fixture{options};
  trip(fixture, 200);
  const auto operators = fixture.other_journal();
  auto transaction = operators->begin().value();
  REQUIRE(transaction->discard(dead_letters(*operators, {.events = {"d7"}}), fixture.clock.wall()).value() ==
          1);
  REQUIRE(transaction->commit());
  fixture.play();
  CHECK(fixture.transport.under_way().empty());
}

TEST_CASE("no more than the rate leaves in any second whatever comes back when") {
  DispatcherFixture fixture{with_rate(10, 1s)};
  fixture.arrive(many("p", 100, live));
  fixture.play();
  std::vector<std::chrono::milliseconds> left;
  for (std::chrono::milliseconds now{0}; !fixture.finished(); now += 70ms, fixture.tick(70ms)) {
    REQUIRE(now < 1min);
    while (left.size() < fixture.transport.sent().size()) left.push_back(now);
    if (left.size() % 3 != 0) answer_all(fixture, live, 200);
  }
  REQUIRE(left.size() == 100);
  for (std::size_t i = 10; i < left.size(); ++i) REQUIRE(left[i] - left[i - 10] >= 1s);
  CHECK(left.back() < 14s);
}

TEST_CASE("what waits for a rate holds no permit of its host") {
  flow::RunOptions options = with_rate(1, 1h);
  options.requests.per_host = 1;
  DispatcherFixture fixture{options};
  fixture.arrive(many("p", 500, "http://a.test/one"));
  fixture.arrive(many("q", 500, "http://a.test/two"));
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == std::vector<std::string>{"p0"});
  fixture.answer("p0", 200);
  CHECK(fixture.transport.under_way_ids() == std::vector<std::string>{"q0"});
  fixture.answer("q0", 200);
  CHECK(fixture.transport.under_way().empty());
  CHECK(fixture.stats().host_limited == 0);
  CHECK_FALSE(fixture.finished());
  fixture.tick(1h);
  CHECK(fixture.transport.under_way_ids() == std::vector<std::string>{"p1"});
}

TEST_CASE("what is let through by its rate and waits for its host counts from when it leaves") {
  flow::RunOptions options = with_rate(1, 1s);
  options.requests.per_host = 1;
  DispatcherFixture fixture{options};
  fixture.arrive({{"a1", "A", 1, "http://a.test/one"}});
  fixture.play();
  fixture.arrive({{"b1", "B", 1, "http://a.test/two"}, {"b2", "C", 1, "http://a.test/two"}});
  fixture.play();
  fixture.tick(10s);  // b1 waits for the host
  fixture.answer("a1", 200);
  CHECK(fixture.transport.under_way_ids() == std::vector<std::string>{"b1"});
  fixture.answer("b1", 200);
  fixture.tick(999ms);
  CHECK(fixture.transport.under_way().empty());
  fixture.tick(1ms);
  CHECK(fixture.transport.under_way_ids() == std::vector<std::string>{"b2"});
}

TEST_CASE("a rate of many thousand a second is used to nearly its full") {
  DispatcherFixture fixture{with_rate(5000, 1s)};
  fixture.arrive(many("p", 8000, live));
  fixture.play();
  for (int round = 0; round < 99; ++round) {
    answer_all(fixture, live, 200);
    fixture.tick(10ms);
  }
  CHECK(fixture.transport.sent().size() >= 4900);
  CHECK(fixture.transport.sent().size() <= 5000);
}

TEST_CASE("what a rate lets through leaves evenly spaced") {
  DispatcherFixture fixture{with_rate(10, 1s)};
  fixture.arrive(many("p", 30, live));
  fixture.play();
  CHECK(fixture.transport.sent().size() == 1);
  for (std::size_t tenth = 1; tenth < 10; ++tenth) {
    fixture.tick(99ms);
    CHECK(fixture.transport.sent().size() == tenth);
    CHECK(fixture.dispatcher().wake_at(fixture.clock.wall()) == fixture.clock.wall() + 1ms);
    fixture.tick(1ms);
    CHECK(fixture.transport.sent().size() == tenth + 1);
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
}

TEST_CASE("the next process goes on with a rate where the last one was") {
  DispatcherFixture fixture{with_rate(1, 1h)};
  fixture.arrive(many("p", 3, live));
  fixture.play();
  CHECK(fixture.transport.sent().size() == 1);
  fixture.answer("p0", 200);
  fixture.crash();
  fixture.tick(59min);
  fixture.crash();
  CHECK(fixture.transport.sent().size() == 1);
  fixture.tick(2min);
  CHECK(fixture.transport.sent().size() == 2);
  fixture.crash();  // nobody knows what became of it
  CHECK(fixture.transport.sent().size() == 2);
  fixture.tick(61min);
  CHECK(fixture.transport.sent().size() == 3);
}

TEST_CASE("a clock that was set back keeps no rate for longer than its time") {
  DispatcherFixture fixture{with_rate(1, 1h)};
  fixture.arrive(many("p", 2, live));
  fixture.play();
  fixture.answer("p0", 200);
  fixture.clock.tick(-240h);
  fixture.crash();
  CHECK(fixture.transport.sent().size() == 1);
  fixture.tick(61min);
  CHECK(fixture.transport.sent().size() == 2);
}

TEST_CASE("the next process goes on with an open circuit where the last one was") {
  DispatcherFixture fixture{with_breaker()};
  trip(fixture, 100);
  fixture.tick(20s);
  fixture.crash();
  CHECK(fixture.stats().circuits_open == 1);
  CHECK(fixture.transport.under_way().empty());
  fixture.tick(9s);
  CHECK(fixture.transport.under_way().empty());
  fixture.tick(1s);
  CHECK(fixture.transport.under_way().size() == 3);
  fixture.crash();  // half-open; nobody knows what became of the probes
  CHECK(fixture.transport.under_way().size() == 3);
  answer_all(fixture, dead, 200);
  CHECK(fixture.stats().circuits_open == 0);
  fixture.crash();
  CHECK(fixture.stats().circuits_open == 0);
  CHECK(fixture.transport.under_way().size() == 1);  // it starts slowly
  answer_all(fixture, dead, 200);
  fixture.tick(500ms);
  CHECK(fixture.transport.under_way().empty());
  fixture.tick(500ms);
  CHECK(fixture.transport.under_way().size() == 1);
}

TEST_CASE("a crash loses nothing of what waited for a rate or an open circuit") {
  flow::RunOptions options = with_breaker();
  options.rate = Rate{20, 1s};
  DispatcherFixture fixture{options};
  fixture.arrive(many("d", 500, dead));
  fixture.arrive(many("l", 500, live));
  fixture.play();
  for (int round = 0; round < 10; ++round) {
    answer_all(fixture, dead, 500);
    answer_all(fixture, live, 200);
    fixture.tick(1s);
    if (round % 3 == 2) fixture.crash();
  }
  for (int round = 0; round < 10'000 && !fixture.finished(); ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.tick(500ms);
  }
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 1000);
}

TEST_CASE("a draining dispatcher probes nothing and lets nothing through") {
  flow::RunOptions options = with_breaker();
  options.rate = Rate{10, 1s};
  DispatcherFixture fixture{options};
  fixture.arrive(many("p", 50, live));
  fixture.play();
  REQUIRE(fixture.transport.sent().size() == 1);
  fixture.dispatcher().drain();
  answer_all(fixture, live, 200);
  fixture.tick(1h);
  CHECK(fixture.transport.sent().size() == 1);
}

// What waits for a rate or for an open circuit.

#include "support/dead_letters.hpp"
#include "unit/flow/stage.hpp"

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

std::size_t sent_to(const Stage& stage, const std::string& url) {
  const auto sent = stage.transport.sent();
  return static_cast<std::size_t>(
      std::count_if(sent.begin(), sent.end(), [&](const Outgoing& one) { return one.url == url; }));
}

/// Ends what is under way to that URL, and plays what comes of it.
std::size_t answer_all(Stage& stage, const std::string& url, int status) {
  std::size_t ended = 0;
  for (const auto& outgoing : stage.transport.under_way()) {
    if (outgoing.url != url) continue;
    REQUIRE(stage.transport.finish_ticket(outgoing.ticket, answered(status)));
    ++ended;
  }
  stage.play();
  return ended;
}

/// The dead destination has been tried by as many as there were permits, and rests.
void trip(Stage& stage, int events) {
  stage.arrive(many("d", events, dead));
  stage.play();
  answer_all(stage, dead, 500);
  REQUIRE(stage.figures().circuits_open == 1);
  REQUIRE(stage.transport.under_way().empty());
}

}  // namespace

TEST_CASE("nothing is sent to a destination that failed five times in a row until its time is over") {
  Stage stage{with_breaker()};
  stage.arrive(many("d", 200, dead));
  stage.play();
  for (const char* id : {"d0", "d1", "d2", "d3"}) stage.answer(id, 503);
  CHECK(stage.figures().circuits_open == 0);
  CHECK(stage.transport.under_way().size() == 50);
  stage.answer("d4", 503);
  CHECK(stage.figures().circuits_open == 1);
  CHECK(stage.transport.under_way().size() == 49);  // one had taken the place of each of the first four
  answer_all(stage, dead, 503);
  CHECK(stage.transport.under_way().empty());
  CHECK(sent_to(stage, dead) == 54);
  for (int second = 0; second < 29; ++second) stage.tick(1s);
  CHECK(sent_to(stage, dead) == 54);
  CHECK_FALSE(stage.finished());
  stage.tick(1s);
  CHECK(sent_to(stage, dead) == 57);
}

TEST_CASE("the dispatcher wakes up when an open circuit may be probed and not before") {
  Stage stage{with_breaker()};
  stage.options.retry.attempts = 1;
  stage.arrive(many("d", 60, dead));
  stage.play();
  const WallTime opened = stage.clock.wall();
  answer_all(stage, dead, 500);
  stage.tick(30s - 10ms);
  CHECK(stage.dispatcher().wake_at(stage.clock.wall()) == opened + 30s);
  stage.tick(10ms);
  CHECK(stage.transport.under_way().size() == 3);
}

TEST_CASE("three probes at a time and three successes close a circuit and all goes on slowly at first") {
  Stage stage{with_breaker()};
  trip(stage, 300);
  stage.tick(30s);
  CHECK(stage.transport.under_way().size() == 3);
  const auto probes = stage.transport.under_way_ids();
  stage.answer(probes[0], 200);
  CHECK(stage.transport.under_way().size() == 3);
  stage.answer(probes[1], 404);  // it is up, whatever it thinks of this one
  CHECK(stage.transport.under_way().size() == 3);
  CHECK(stage.figures().circuits_open == 1);
  stage.answer(probes[2], 200);
  CHECK(stage.figures().circuits_open == 0);
  std::vector<std::size_t> begun;  // in each second
  for (int second = 0; second < 4; ++second) {
    const auto before = sent_to(stage, dead);
    for (int step = 0; step < 20; ++step) {
      answer_all(stage, dead, 200);
      stage.tick(50ms);
    }
    begun.push_back(sent_to(stage, dead) - before);
  }
  CHECK(begun[0] <= 2);
  CHECK(begun[1] <= 3);
  CHECK(begun[2] <= 5);
  CHECK(begun[3] <= 9);
  CHECK(begun[3] >= 4);
  for (int round = 0; round < 1000 && !stage.finished(); ++round)
    if (answer_all(stage, dead, 200) == 0) stage.tick(1s);
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 300);
}

TEST_CASE("a probe that fails opens the circuit again for its whole time") {
  Stage stage{with_breaker()};
  trip(stage, 100);
  stage.tick(30s);
  REQUIRE(stage.transport.under_way().size() == 3);
  stage.answer(stage.transport.under_way_ids()[1], 500);
  CHECK(stage.transport.under_way().size() == 2);
  answer_all(stage, dead, 200);  // these were sent before
  CHECK(stage.figures().circuits_open == 1);
  stage.tick(29s);
  CHECK(stage.transport.under_way().empty());
  stage.tick(1s);
  CHECK(stage.transport.under_way().size() == 3);
}

TEST_CASE("waiting for an open circuit spends no attempt") {
  Stage stage{with_breaker()};
  trip(stage, 200);
  for (int minute = 0; minute < 60; ++minute) stage.tick(10s);
  CHECK(stage.figures().tally.of(DeliveryState::dead_letter) == 0);
  for (int round = 0; round < 1000 && !stage.finished(); ++round)
    if (answer_all(stage, dead, 200) == 0) stage.tick(1s);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 200);
  for (const auto& outgoing : stage.transport.sent()) REQUIRE(outgoing.attempt <= 2);
}

TEST_CASE("a destination that is down slows no other of its host and keeps none of its room") {
  flow::RunOptions options = with_breaker();
  options.per_host = 5;
  Stage stage{options};
  stage.arrive(many("d", 3000, dead));
  stage.arrive(many("l", 3000, live));
  stage.play();
  std::size_t done = 0;
  for (int round = 0; round < 10'000 && done < 3000; ++round) {
    answer_all(stage, dead, 500);
    done += answer_all(stage, live, 200);
  }
  CHECK(done == 3000);  // and no time has passed
  CHECK(sent_to(stage, dead) < 20);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 3000);
  CHECK(stage.figures().host_limited == 0);

  for (int round = 0; round < 10'000 && !stage.finished(); ++round)
    if (answer_all(stage, dead, 200) == 0) stage.tick(1s);
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 6000);
}

TEST_CASE("entities stay in order through an open circuit") {
  Stage stage{with_breaker()};
  std::vector<Line> lines;
  for (int sequence = 1; sequence <= 20; ++sequence)
    for (int entity = 0; entity < 30; ++entity)
      lines.push_back({"e" + std::to_string(entity) + "." + std::to_string(sequence),
                       "E" + std::to_string(entity), sequence, dead});
  stage.arrive(lines);
  stage.play();
  int rounds = 0;
  for (; rounds < 20'000 && !stage.finished(); ++rounds) {
    const int status = rounds % 11 < 2 ? 500 : 200;
    if (answer_all(stage, dead, status) == 0) stage.tick(500ms);
  }
  REQUIRE(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 600);
  std::map<std::string, std::int64_t> last;
  std::set<std::string> seen;
  for (const auto& outgoing : stage.transport.sent()) {
    if (!seen.insert(outgoing.event_id).second) continue;
    REQUIRE(outgoing.sequence->value() == last[outgoing.entity_id] + 1);
    last[outgoing.entity_id] = outgoing.sequence->value();
  }
}

TEST_CASE("a circuit that opens again by a lane from before holds the lanes that came between") {
  flow::RunOptions options = with_breaker();
  options.per_host = 4;
  options.starts_slowly = false;
  options.breaker->failures = 2;
  Stage stage{options};
  std::vector<Line> lines;
  for (int sequence = 1; sequence <= 9; ++sequence)
    lines.push_back({"x" + std::to_string(sequence), "X", sequence, dead});
  stage.arrive({lines[0], {"y", "Y", 1, dead}});
  stage.play();
  stage.answer("x1", 500);
  stage.answer("y", 500);
  REQUIRE(stage.figures().circuits_open == 1);
  stage.arrive({lines.begin() + 1, lines.end()});
  stage.tick(30s);
  for (const char* id : {"y", "x1", "x2"}) stage.answer(id, 200);
  REQUIRE(stage.figures().circuits_open == 0);
  stage.arrive(many("late", 20, dead));
  stage.play();
  REQUIRE(stage.transport.under_way_ids() == std::vector<std::string>{"x3", "late0", "late1", "late2"});
  stage.answer("late0", 500);
  REQUIRE(stage.figures().circuits_open == 0);
  const auto sent = stage.transport.sent().size();
  stage.answer("x3", 500);
  CHECK(stage.figures().circuits_open == 1);
  CHECK(stage.transport.sent().size() == sent);
  for (int round = 0; round < 1000 && !stage.finished(); ++round)
    if (answer_all(stage, dead, 200) == 0) stage.tick(1s);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 30);
}

TEST_CASE("a released dead letter asks at once whether its destination is up again") {
  flow::RunOptions options = with_breaker();
  options.retry.attempts = 1;
  Stage stage{options};
  trip(stage, 200);
  REQUIRE(stage.figures().tally.of(DeliveryState::dead_letter) == 50);
  stage.tick(1s);
  REQUIRE(stage.transport.under_way().empty());
  const auto operators = stage.other_journal();
  auto turn = journal::Turn::begin(*operators);
  REQUIRE(turn);
  REQUIRE(operators->release(dead_letters(*operators, {.events = {"d7"}}), stage.clock.wall()).value() == 1);
  REQUIRE(turn->commit());
  stage.play();
  CHECK(stage.transport.under_way().size() == 3);
}

TEST_CASE("a discarded dead letter says nothing about its destination") {
  flow::RunOptions options = with_breaker();
  options.retry.attempts = 1;
  Stage stage{options};
  trip(stage, 200);
  const auto operators = stage.other_journal();
  auto turn = journal::Turn::begin(*operators);
  REQUIRE(turn);
  REQUIRE(operators->discard(dead_letters(*operators, {.events = {"d7"}}), stage.clock.wall()).value() == 1);
  REQUIRE(turn->commit());
  stage.play();
  CHECK(stage.transport.under_way().empty());
}

TEST_CASE("no more than the rate leaves in any second whatever comes back when") {
  Stage stage{with_rate(10, 1s)};
  stage.arrive(many("p", 100, live));
  stage.play();
  std::vector<std::chrono::milliseconds> left;
  for (std::chrono::milliseconds now{0}; !stage.finished(); now += 70ms, stage.tick(70ms)) {
    REQUIRE(now < 1min);
    while (left.size() < stage.transport.sent().size()) left.push_back(now);
    if (left.size() % 3 != 0) answer_all(stage, live, 200);
  }
  REQUIRE(left.size() == 100);
  for (std::size_t i = 10; i < left.size(); ++i) REQUIRE(left[i] - left[i - 10] >= 1s);
  CHECK(left.back() < 14s);
}

TEST_CASE("what waits for a rate holds no permit of its host") {
  flow::RunOptions options = with_rate(1, 1h);
  options.per_host = 1;
  Stage stage{options};
  stage.arrive(many("p", 500, "http://a.test/one"));
  stage.arrive(many("q", 500, "http://a.test/two"));
  stage.play();
  CHECK(stage.transport.under_way_ids() == std::vector<std::string>{"p0"});
  stage.answer("p0", 200);
  CHECK(stage.transport.under_way_ids() == std::vector<std::string>{"q0"});
  stage.answer("q0", 200);
  CHECK(stage.transport.under_way().empty());
  CHECK(stage.figures().host_limited == 0);
  CHECK_FALSE(stage.finished());
  stage.tick(1h);
  CHECK(stage.transport.under_way_ids() == std::vector<std::string>{"p1"});
}

TEST_CASE("what is let through by its rate and waits for its host counts from when it leaves") {
  flow::RunOptions options = with_rate(1, 1s);
  options.per_host = 1;
  Stage stage{options};
  stage.arrive({{"a1", "A", 1, "http://a.test/one"}});
  stage.play();
  stage.arrive({{"b1", "B", 1, "http://a.test/two"}, {"b2", "C", 1, "http://a.test/two"}});
  stage.play();
  stage.tick(10s);  // b1 waits for the host
  stage.answer("a1", 200);
  CHECK(stage.transport.under_way_ids() == std::vector<std::string>{"b1"});
  stage.answer("b1", 200);
  stage.tick(999ms);
  CHECK(stage.transport.under_way().empty());
  stage.tick(1ms);
  CHECK(stage.transport.under_way_ids() == std::vector<std::string>{"b2"});
}

TEST_CASE("a rate of many thousand a second is used to nearly its full") {
  Stage stage{with_rate(5000, 1s)};
  stage.arrive(many("p", 8000, live));
  stage.play();
  for (int round = 0; round < 99; ++round) {
    answer_all(stage, live, 200);
    stage.tick(10ms);
  }
  CHECK(stage.transport.sent().size() >= 4900);
  CHECK(stage.transport.sent().size() <= 5000);
}

TEST_CASE("what a rate lets through leaves evenly spaced") {
  Stage stage{with_rate(10, 1s)};
  stage.arrive(many("p", 30, live));
  stage.play();
  CHECK(stage.transport.sent().size() == 1);
  for (std::size_t tenth = 1; tenth < 10; ++tenth) {
    stage.tick(99ms);
    CHECK(stage.transport.sent().size() == tenth);
    CHECK(stage.dispatcher().wake_at(stage.clock.wall()) == stage.clock.wall() + 1ms);
    stage.tick(1ms);
    CHECK(stage.transport.sent().size() == tenth + 1);
    stage.transport.finish_all(answered(200));
    stage.play();
  }
}

TEST_CASE("the next process goes on with a rate where the last one was") {
  Stage stage{with_rate(1, 1h)};
  stage.arrive(many("p", 3, live));
  stage.play();
  CHECK(stage.transport.sent().size() == 1);
  stage.answer("p0", 200);
  stage.crash();
  stage.tick(59min);
  stage.crash();
  CHECK(stage.transport.sent().size() == 1);
  stage.tick(2min);
  CHECK(stage.transport.sent().size() == 2);
  stage.crash();  // nobody knows what became of it
  CHECK(stage.transport.sent().size() == 2);
  stage.tick(61min);
  CHECK(stage.transport.sent().size() == 3);
}

TEST_CASE("a clock that was set back keeps no rate for longer than its time") {
  Stage stage{with_rate(1, 1h)};
  stage.arrive(many("p", 2, live));
  stage.play();
  stage.answer("p0", 200);
  stage.clock.tick(-240h);
  stage.crash();
  CHECK(stage.transport.sent().size() == 1);
  stage.tick(61min);
  CHECK(stage.transport.sent().size() == 2);
}

TEST_CASE("the next process goes on with an open circuit where the last one was") {
  Stage stage{with_breaker()};
  trip(stage, 100);
  stage.tick(20s);
  stage.crash();
  CHECK(stage.figures().circuits_open == 1);
  CHECK(stage.transport.under_way().empty());
  stage.tick(9s);
  CHECK(stage.transport.under_way().empty());
  stage.tick(1s);
  CHECK(stage.transport.under_way().size() == 3);
  stage.crash();  // half-open; nobody knows what became of the probes
  CHECK(stage.transport.under_way().size() == 3);
  answer_all(stage, dead, 200);
  CHECK(stage.figures().circuits_open == 0);
  stage.crash();
  CHECK(stage.figures().circuits_open == 0);
  CHECK(stage.transport.under_way().size() == 1);  // it starts slowly
  answer_all(stage, dead, 200);
  stage.tick(500ms);
  CHECK(stage.transport.under_way().empty());
  stage.tick(500ms);
  CHECK(stage.transport.under_way().size() == 1);
}

TEST_CASE("a crash loses nothing of what waited for a rate or an open circuit") {
  flow::RunOptions options = with_breaker();
  options.rate = Rate{20, 1s};
  Stage stage{options};
  stage.arrive(many("d", 500, dead));
  stage.arrive(many("l", 500, live));
  stage.play();
  for (int round = 0; round < 10; ++round) {
    answer_all(stage, dead, 500);
    answer_all(stage, live, 200);
    stage.tick(1s);
    if (round % 3 == 2) stage.crash();
  }
  for (int round = 0; round < 10'000 && !stage.finished(); ++round) {
    stage.transport.finish_all(answered(200));
    stage.tick(500ms);
  }
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 1000);
}

TEST_CASE("a draining dispatcher probes nothing and lets nothing through") {
  flow::RunOptions options = with_breaker();
  options.rate = Rate{10, 1s};
  Stage stage{options};
  stage.arrive(many("p", 50, live));
  stage.play();
  REQUIRE(stage.transport.sent().size() == 1);
  stage.dispatcher().drain();
  answer_all(stage, live, 200);
  stage.tick(1h);
  CHECK(stage.transport.sent().size() == 1);
}

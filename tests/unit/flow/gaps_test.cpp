// Streams with numbers that are missing or late.

#include "journal/sqlite/verify/verify.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <algorithm>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Ids = std::vector<std::string>;

flow::RunOptions starting_at_first() {
  flow::RunOptions options;
  options.stream_start.rule = journal::StreamStart::Rule::first;
  return options;
}

flow::RunOptions waiting_for(std::chrono::microseconds patience) {
  flow::RunOptions options;
  options.gap_patience = patience;
  return options;
}

void answer_all(DispatcherFixture& fixture) {
  while (!fixture.transport.under_way_ids().empty())
    fixture.answer(fixture.transport.under_way_ids().front(), 200);
}

void require_sound(const DispatcherFixture& fixture) {
  const auto report = journal::verify(fixture.journal_path()).value();
  for (const auto& finding : report.findings) FAIL_CHECK(finding.what);
}

}  // namespace

TEST_CASE("a stream that begins late is sent from its lowest number on") {
  DispatcherFixture fixture{starting_at_first()};
  fixture.arrive({{"e12", "X", 12}, {"e10", "X", 10}, {"e11", "X", 11}, {"e13", "X", 13}});
  fixture.play();
  answer_all(fixture);
  CHECK(fixture.transport.sent_ids() == Ids{"e10", "e11", "e12", "e13"});
  CHECK(fixture.stats().rejected == 0);
  CHECK(fixture.finished());
  require_sound(fixture);
}

TEST_CASE("a 0 that comes after 1 is sent first") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e0", "X", 0}, {"e2", "X", 2}});
  fixture.play();
  answer_all(fixture);
  CHECK(fixture.transport.sent_ids() == Ids{"e0", "e1", "e2"});
  require_sound(fixture);
}

TEST_CASE("what waits for a permit lets through what begins its stream earlier") {
  auto options = starting_at_first();
  options.requests.per_host = 1;
  DispatcherFixture fixture{options};
  fixture.arrive({{"other", "Y", 1}, {"e12", "X", 12}});
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == Ids{"other"});
  SUBCASE("that closes up to it") {
    fixture.arrive({{"e11", "X", 11}});
    fixture.play();
    SUBCASE("and the process dies") {
      fixture.crash();
    }
    answer_all(fixture);
    const auto sent = fixture.transport.sent_ids();
    CHECK(Ids(sent.end() - 2, sent.end()) == Ids{"e11", "e12"});
  }
  SUBCASE("and leaves a gap") {
    fixture.arrive({{"e10", "X", 10}, {"e13", "X", 13}});
    fixture.play();
    answer_all(fixture);
    CHECK(fixture.transport.sent_ids() == Ids{"other", "e10"});
    CHECK(fixture.finished());
    fixture.arrive({{"e14", "X", 14}});
    fixture.play();
    CHECK(fixture.transport.under_way_ids().empty());
    fixture.arrive({{"e11", "X", 11}});
    fixture.play();
    answer_all(fixture);
    CHECK(fixture.transport.sent_ids() == Ids{"other", "e10", "e11", "e12", "e13", "e14"});
  }
  CHECK(fixture.finished());
  require_sound(fixture);
}

TEST_CASE("what arrives behind an event that was held for a gap waits for it") {
  auto options = starting_at_first();
  options.requests.per_host = 1;
  DispatcherFixture fixture{options};
  fixture.arrive({{"other", "Y", 1}, {"e12", "X", 12}});
  fixture.play();
  fixture.arrive({{"e10", "X", 10, "http://b.test/hook"}});
  fixture.play();
  fixture.answer("other", 200);  // e12 has a permit now and may not go
  CHECK(fixture.transport.under_way_ids() == Ids{"e10"});
  fixture.arrive({{"e13", "X", 13}});
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == Ids{"e10"});
  fixture.arrive({{"e11", "X", 11, "http://b.test/hook"}});
  fixture.play();
  answer_all(fixture);
  const auto sent = fixture.transport.sent_ids();
  CHECK(sent.size() == 5);
  CHECK(std::find(sent.begin(), sent.end(), "e12") < std::find(sent.begin(), sent.end(), "e13"));
  CHECK(fixture.finished());
  require_sound(fixture);
}

TEST_CASE("what is sent already is not overtaken by what would begin its stream earlier") {
  DispatcherFixture fixture{starting_at_first()};
  fixture.arrive({{"e12", "X", 12}});
  fixture.play();
  fixture.arrive({{"e10", "X", 10}});
  fixture.play();
  answer_all(fixture);
  CHECK(fixture.transport.sent_ids() == Ids{"e12"});
  CHECK(fixture.stats().rejected == 1);
  require_sound(fixture);
}

TEST_CASE("gaps that are ignored hold nothing back and late numbers are rejected") {
  auto options = waiting_for(0us);
  options.stream_start.gaps = journal::Gaps::ignore;
  DispatcherFixture fixture{options};
  fixture.arrive({{"e3", "X", 3}, {"e7", "X", 7}, {"e5", "X", 5}, {"e8", "X", 8}});
  fixture.play();
  SUBCASE("and the process dies") {
    fixture.crash();
  }
  answer_all(fixture);
  const auto sent = fixture.transport.sent_ids();
  CHECK(Ids(sent.end() - 3, sent.end()) == Ids{"e3", "e7", "e8"});
  CHECK(fixture.finished());
  require_sound(fixture);
}

TEST_CASE("gaps that stood before are given up at once by a run that ignores them") {
  DispatcherFixture fixture;
  fixture.arrive({{"e3", "X", 3}});
  fixture.play();
  CHECK(fixture.finished());
  fixture.options.gap_patience = 0us;
  fixture.crash();
  fixture.play();
  answer_all(fixture);
  CHECK(fixture.transport.sent_ids() == Ids{"e3"});
  CHECK(fixture.finished());
  require_sound(fixture);
}

TEST_CASE("a gap is waited for and then given up and the run ends only then") {
  DispatcherFixture fixture{waiting_for(10min)};
  fixture.arrive({{"x2", "X", 2}, {"x5", "X", 5}, {"y1", "Y", 1}});
  fixture.play();
  fixture.answer("y1", 200);
  CHECK_FALSE(fixture.finished());
  CHECK(fixture.dispatcher().wake_at(fixture.clock.wall()) <= fixture.clock.wall() + 50ms);
  fixture.tick(10min - 1us);
  CHECK(fixture.transport.sent_ids() == Ids{"y1"});
  CHECK_FALSE(fixture.finished());
  fixture.tick(1us);
  CHECK(fixture.transport.under_way_ids() == Ids{"x2"});
  answer_all(fixture);
  CHECK(fixture.transport.sent_ids() == Ids{"y1", "x2", "x5"});
  CHECK(fixture.stats().gaps_given_up.gaps == 2);
  CHECK(fixture.stats().gaps_given_up.numbers == 3);
  CHECK(fixture.finished());
  require_sound(fixture);
}

TEST_CASE("a gap that is filled while it is waited for is not given up") {
  DispatcherFixture fixture{waiting_for(10min)};
  fixture.arrive({{"x2", "X", 2}});
  fixture.play();
  fixture.tick(9min);
  fixture.arrive({{"x1", "X", 1}});
  fixture.play();
  answer_all(fixture);
  CHECK(fixture.transport.sent_ids() == Ids{"x1", "x2"});
  CHECK(fixture.stats().gaps_given_up.gaps == 0);
  CHECK(fixture.finished());
}

TEST_CASE("how long a gap was waited for outlives the process") {
  DispatcherFixture fixture{waiting_for(10min)};
  fixture.arrive({{"x2", "X", 2}});
  fixture.play();
  fixture.tick(7min);
  fixture.crash();
  fixture.play();
  fixture.tick(3min - 1us);
  CHECK(fixture.transport.sent().empty());
  CHECK_FALSE(fixture.finished());
  fixture.tick(1us);
  CHECK(fixture.transport.under_way_ids() == Ids{"x2"});
  fixture.crash();
  fixture.play();
  answer_all(fixture);
  CHECK(fixture.finished());
  require_sound(fixture);
}

TEST_CASE("every gap of a great many is given up when its time has come") {
  DispatcherFixture fixture{waiting_for(1min)};
  std::vector<Line> lines;
  for (int i = 0; i < 1'200; ++i) lines.push_back({"e" + std::to_string(i), "X" + std::to_string(i), 2});
  fixture.arrive(lines);
  fixture.play();
  fixture.tick(1min);
  CHECK(fixture.stats().gaps_given_up.gaps == 1'200);
  while (fixture.transport.finish_all(answered(200)) > 0) fixture.play();
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 1'200);
  CHECK(fixture.finished());
}

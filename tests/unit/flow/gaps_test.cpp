// Streams with numbers that are missing or late.

#include "journal/verify.hpp"
#include "unit/flow/stage.hpp"

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

void answer_all(Stage& stage) {
  while (!stage.transport.under_way_ids().empty()) stage.answer(stage.transport.under_way_ids().front(), 200);
}

void require_sound(const Stage& stage) {
  const auto report = journal::verify(stage.journal_path()).value();
  for (const auto& finding : report.findings) FAIL_CHECK(finding.what);
}

}  // namespace

TEST_CASE("a stream that begins late is sent from its lowest number on") {
  Stage stage{starting_at_first()};
  stage.arrive({{"e12", "X", 12}, {"e10", "X", 10}, {"e11", "X", 11}, {"e13", "X", 13}});
  stage.play();
  answer_all(stage);
  CHECK(stage.transport.sent_ids() == Ids{"e10", "e11", "e12", "e13"});
  CHECK(stage.figures().rejected == 0);
  CHECK(stage.finished());
  require_sound(stage);
}

TEST_CASE("a 0 that comes after 1 is sent first") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e0", "X", 0}, {"e2", "X", 2}});
  stage.play();
  answer_all(stage);
  CHECK(stage.transport.sent_ids() == Ids{"e0", "e1", "e2"});
  require_sound(stage);
}

TEST_CASE("what waits for a permit lets through what begins its stream earlier") {
  auto options = starting_at_first();
  options.per_host = 1;
  Stage stage{options};
  stage.arrive({{"other", "Y", 1}, {"e12", "X", 12}});
  stage.play();
  CHECK(stage.transport.under_way_ids() == Ids{"other"});
  SUBCASE("that closes up to it") {
    stage.arrive({{"e11", "X", 11}});
    stage.play();
    SUBCASE("and the process dies") {
      stage.crash();
    }
    answer_all(stage);
    const auto sent = stage.transport.sent_ids();
    CHECK(Ids(sent.end() - 2, sent.end()) == Ids{"e11", "e12"});
  }
  SUBCASE("and leaves a gap") {
    stage.arrive({{"e10", "X", 10}, {"e13", "X", 13}});
    stage.play();
    answer_all(stage);
    CHECK(stage.transport.sent_ids() == Ids{"other", "e10"});
    CHECK(stage.finished());
    stage.arrive({{"e14", "X", 14}});
    stage.play();
    CHECK(stage.transport.under_way_ids().empty());
    stage.arrive({{"e11", "X", 11}});
    stage.play();
    answer_all(stage);
    CHECK(stage.transport.sent_ids() == Ids{"other", "e10", "e11", "e12", "e13", "e14"});
  }
  CHECK(stage.finished());
  require_sound(stage);
}

TEST_CASE("what arrives behind an event that was held for a gap waits for it") {
  auto options = starting_at_first();
  options.per_host = 1;
  Stage stage{options};
  stage.arrive({{"other", "Y", 1}, {"e12", "X", 12}});
  stage.play();
  stage.arrive({{"e10", "X", 10, "http://b.test/hook"}});
  stage.play();
  stage.answer("other", 200);  // e12 has a permit now and may not go
  CHECK(stage.transport.under_way_ids() == Ids{"e10"});
  stage.arrive({{"e13", "X", 13}});
  stage.play();
  CHECK(stage.transport.under_way_ids() == Ids{"e10"});
  stage.arrive({{"e11", "X", 11, "http://b.test/hook"}});
  stage.play();
  answer_all(stage);
  const auto sent = stage.transport.sent_ids();
  CHECK(sent.size() == 5);
  CHECK(std::find(sent.begin(), sent.end(), "e12") < std::find(sent.begin(), sent.end(), "e13"));
  CHECK(stage.finished());
  require_sound(stage);
}

TEST_CASE("what is sent already is not overtaken by what would begin its stream earlier") {
  Stage stage{starting_at_first()};
  stage.arrive({{"e12", "X", 12}});
  stage.play();
  stage.arrive({{"e10", "X", 10}});
  stage.play();
  answer_all(stage);
  CHECK(stage.transport.sent_ids() == Ids{"e12"});
  CHECK(stage.figures().rejected == 1);
  require_sound(stage);
}

TEST_CASE("gaps that are ignored hold nothing back and late numbers are rejected") {
  auto options = waiting_for(0us);
  options.stream_start.gaps = journal::Gaps::ignore;
  Stage stage{options};
  stage.arrive({{"e3", "X", 3}, {"e7", "X", 7}, {"e5", "X", 5}, {"e8", "X", 8}});
  stage.play();
  SUBCASE("and the process dies") {
    stage.crash();
  }
  answer_all(stage);
  const auto sent = stage.transport.sent_ids();
  CHECK(Ids(sent.end() - 3, sent.end()) == Ids{"e3", "e7", "e8"});
  CHECK(stage.finished());
  require_sound(stage);
}

TEST_CASE("gaps that stood before are given up at once by a run that ignores them") {
  Stage stage;
  stage.arrive({{"e3", "X", 3}});
  stage.play();
  CHECK(stage.finished());
  stage.options.gap_patience = 0us;
  stage.crash();
  stage.play();
  answer_all(stage);
  CHECK(stage.transport.sent_ids() == Ids{"e3"});
  CHECK(stage.finished());
  require_sound(stage);
}

TEST_CASE("a gap is waited for and then given up and the run ends only then") {
  Stage stage{waiting_for(10min)};
  stage.arrive({{"x2", "X", 2}, {"x5", "X", 5}, {"y1", "Y", 1}});
  stage.play();
  stage.answer("y1", 200);
  CHECK_FALSE(stage.finished());
  CHECK(stage.dispatcher().wake_at(stage.clock.wall()) <= stage.clock.wall() + 50ms);
  stage.tick(10min - 1us);
  CHECK(stage.transport.sent_ids() == Ids{"y1"});
  CHECK_FALSE(stage.finished());
  stage.tick(1us);
  CHECK(stage.transport.under_way_ids() == Ids{"x2"});
  answer_all(stage);
  CHECK(stage.transport.sent_ids() == Ids{"y1", "x2", "x5"});
  CHECK(stage.figures().gaps_given_up.gaps == 2);
  CHECK(stage.figures().gaps_given_up.numbers == 3);
  CHECK(stage.finished());
  require_sound(stage);
}

TEST_CASE("a gap that is filled while it is waited for is not given up") {
  Stage stage{waiting_for(10min)};
  stage.arrive({{"x2", "X", 2}});
  stage.play();
  stage.tick(9min);
  stage.arrive({{"x1", "X", 1}});
  stage.play();
  answer_all(stage);
  CHECK(stage.transport.sent_ids() == Ids{"x1", "x2"});
  CHECK(stage.figures().gaps_given_up.gaps == 0);
  CHECK(stage.finished());
}

TEST_CASE("how long a gap was waited for outlives the process") {
  Stage stage{waiting_for(10min)};
  stage.arrive({{"x2", "X", 2}});
  stage.play();
  stage.tick(7min);
  stage.crash();
  stage.play();
  stage.tick(3min - 1us);
  CHECK(stage.transport.sent().empty());
  CHECK_FALSE(stage.finished());
  stage.tick(1us);
  CHECK(stage.transport.under_way_ids() == Ids{"x2"});
  stage.crash();
  stage.play();
  answer_all(stage);
  CHECK(stage.finished());
  require_sound(stage);
}

TEST_CASE("every gap of a great many is given up when its time has come") {
  Stage stage{waiting_for(1min)};
  std::vector<Line> lines;
  for (int i = 0; i < 1'200; ++i) lines.push_back({"e" + std::to_string(i), "X" + std::to_string(i), 2});
  stage.arrive(lines);
  stage.play();
  stage.tick(1min);
  CHECK(stage.figures().gaps_given_up.gaps == 1'200);
  while (stage.transport.finish_all(answered(200)) > 0) stage.play();
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 1'200);
  CHECK(stage.finished());
}

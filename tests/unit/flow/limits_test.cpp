#include "unit/flow/stage.hpp"

#include <map>

#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

std::vector<Line> many(const std::string& prefix, int count, const std::string& url) {
  std::vector<Line> lines;
  for (int i = 0; i < count; ++i) {
    const auto name = prefix + std::to_string(i);
    lines.push_back({name, name, 1, url});
  }
  return lines;
}

std::size_t to_host(const ScriptedTransport& transport, const std::string& host) {
  std::size_t count = 0;
  for (const auto& outgoing : transport.under_way())
    if (host_of(outgoing.url) == host) ++count;
  return count;
}

std::size_t to_url(const ScriptedTransport& transport, const std::string& url) {
  std::size_t count = 0;
  for (const auto& outgoing : transport.under_way())
    if (outgoing.url == url) ++count;
  return count;
}

/// All that is under way to that URL is delivered. Returns how many.
std::size_t finish_url(Stage& stage, const std::string& url) {
  std::size_t count = 0;
  for (const auto& outgoing : stage.transport.under_way()) {
    if (outgoing.url != url) continue;
    REQUIRE(stage.transport.finish_ticket(outgoing.ticket, answered(200)));
    ++count;
  }
  stage.play();
  return count;
}

}  // namespace

TEST_CASE("no more than fifty requests go to one host however it is named and another is not slowed") {
  Stage stage;
  stage.arrive(many("p", 300, "http://a.test/one"));
  stage.arrive(many("q", 300, "http://a.test:8080/two"));
  stage.arrive(many("r", 300, "https://A.TEST/three"));
  stage.arrive(many("s", 300, "http://b.test/"));
  stage.play();
  CHECK(to_host(stage.transport, "a.test") + to_host(stage.transport, "A.TEST") == 50);
  CHECK(to_host(stage.transport, "b.test") == 50);
  for (int round = 0; round < 100 && !stage.finished(); ++round) {
    stage.transport.finish_all(answered(200));
    stage.play();
    CHECK(to_host(stage.transport, "a.test") + to_host(stage.transport, "A.TEST") <= 50);
  }
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 1200);
  for (const auto& outgoing : stage.transport.sent()) REQUIRE(outgoing.attempt == 1);
}

TEST_CASE("a host that answers nothing does not keep another from its work") {
  Stage stage;
  stage.arrive(many("dead", 2000, "http://dead.test/"));
  stage.arrive(many("live", 2000, "http://live.test/"));
  stage.play();
  std::size_t done = 0;
  for (int round = 0; round < 1000 && done < 2000; ++round) {
    for (const auto& outgoing : stage.transport.under_way()) {
      if (host_of(outgoing.url) != "live.test") continue;
      REQUIRE(stage.transport.finish_ticket(outgoing.ticket, answered(200)));
      ++done;
    }
    stage.play();
  }
  CHECK(done == 2000);
  CHECK(to_host(stage.transport, "dead.test") == 50);
}

TEST_CASE("a slow subscription leaves a fast one of its host its share of the permits") {
  Stage stage;
  const auto subscribe_url = [&](const std::string& id) {
    auto one = subscription(id);
    one.host = "a.test";
    one.url = "http://a.test/" + id;
    subscribe(stage, one);
  };
  subscribe_url("slow");
  stage.arrive(many("before", 300, ""));
  stage.play();
  CHECK(stage.transport.under_way().size() == 50);
  subscribe_url("fast");
  stage.arrive(many("for both", 300, ""));
  stage.play();
  CHECK(to_url(stage.transport, "http://a.test/fast") == 0);  // none is free
  stage.clock.tick(2s);
  stage.transport.finish_all(answered(200));
  stage.play();
  CHECK(to_url(stage.transport, "http://a.test/slow") == 25);
  CHECK(to_url(stage.transport, "http://a.test/fast") == 25);
  for (int round = 0; round < 11; ++round) {
    CHECK(to_url(stage.transport, "http://a.test/slow") == 25);
    finish_url(stage, "http://a.test/fast");
  }
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 50 + 275);
  finish_url(stage, "http://a.test/fast");
  CHECK(to_url(stage.transport, "http://a.test/slow") == 50);
}

TEST_CASE("a fast URL behind many deliveries to a slow one of its host gets its share") {
  constexpr int of_slow = 10'000, of_fast = 300;
  Stage stage;
  const auto slow_answer = [] {
    auto outcome = answered(200);
    outcome.took = 2s;
    return outcome;
  };
  SUBCASE("in one run") {
    stage.arrive(many("s", of_slow, "http://a.test/slow"));
    stage.arrive(many("f", of_fast, "http://a.test/fast"));
    stage.play();
  }
  SUBCASE("that finds them in its journal") {
    stage.arrive(many("s", of_slow, "http://a.test/slow"));
    stage.arrive(many("f", of_fast, "http://a.test/fast"));
    stage.play();
    stage.crash();
    stage.play();
  }
  SUBCASE("that another process has put there") {
    stage.arrive(many("s", of_slow, "http://a.test/slow"));
    stage.play();
    stage.tick(200ms);
    CHECK(stage.journal().has_several_destinations(OutletNo{1}).value() == false);
    stage.arrive(many("f", of_fast, "http://a.test/fast"));
    stage.play();
  }
  for (int i = 0; i < 40; ++i) stage.tick(50ms);
  CHECK(to_url(stage.transport, "http://a.test/slow") == 50);  // none is free
  for (const auto& outgoing : stage.transport.under_way())
    REQUIRE(stage.transport.finish_ticket(outgoing.ticket, slow_answer()));
  stage.play();
  CHECK(to_url(stage.transport, "http://a.test/slow") == 25);
  CHECK(to_url(stage.transport, "http://a.test/fast") == 25);
  std::size_t done = 0;
  for (int round = 0; round < of_fast / 25; ++round) {
    done += finish_url(stage, "http://a.test/fast");
    const auto figures = stage.figures();
    CHECK(figures.in_flight + figures.host_limited <= 456);
  }
  CHECK(done == of_fast);
  CHECK(to_url(stage.transport, "http://a.test/slow") == 50);

  // What was passed over comes back, once.
  for (int round = 0; round < of_slow && !stage.finished(); ++round) {
    CHECK(to_url(stage.transport, "http://a.test/slow") > 0);
    for (const auto& outgoing : stage.transport.under_way())
      REQUIRE(stage.transport.finish_ticket(outgoing.ticket, slow_answer()));
    stage.tick(2s);
  }
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::completed) == of_slow + of_fast);
}

TEST_CASE("what is passed over for a slow URL keeps the order of its entities over a crash") {
  Stage stage;
  std::vector<Line> lines;
  for (int sequence = 1; sequence <= 4; ++sequence)
    for (int entity = 0; entity < 300; ++entity)
      for (const char* url : {"http://a.test/slow", "http://a.test/slower", "http://a.test/fast"})
        lines.push_back(
            {fmt::format("{}-{}-{}", url, entity, sequence), fmt::format("E{}", entity), sequence, url});
  for (auto& line : lines) line.entity += line.url;
  stage.arrive(lines);
  stage.play();
  for (int round = 0; round < 2000 && !stage.finished(); ++round) {
    stage.tick(110ms);
    finish_url(stage, "http://a.test/fast");
    if (round % 20 == 0) {
      for (const auto& outgoing : stage.transport.under_way()) {
        auto outcome = answered(round % 40 == 0 || outgoing.attempt > 1 ? 200 : 500);
        outcome.took = 2s;
        REQUIRE(stage.transport.finish_ticket(outgoing.ticket, outcome));
      }
      stage.play();
    }
    if (round == 90) stage.crash();
  }
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 3600);
  std::map<std::string, std::int64_t> last;
  for (const auto& outgoing : stage.transport.sent()) {
    auto& before = last[outgoing.entity_id];
    REQUIRE(outgoing.sequence->value() >= before);
    REQUIRE(outgoing.sequence->value() <= before + 1);
    before = outgoing.sequence->value();
  }
}

TEST_CASE("fast URLs of one host are read in their order however many they are") {
  Stage stage;
  std::vector<Line> lines;
  for (int i = 0; i < 3000; ++i) {
    const auto name = std::to_string(i);
    lines.push_back({name, name, 1, "http://a.test/" + std::to_string(i % 100)});
  }
  stage.arrive(lines);
  stage.play();
  std::vector<std::string> expected;
  for (int i = 0; i < 3000; ++i) expected.push_back(std::to_string(i));
  for (int round = 0; round < 100 && !stage.finished(); ++round) {
    stage.tick(10ms);
    stage.transport.finish_all(answered(200));
    stage.play();
  }
  CHECK(stage.finished());
  auto sent = stage.transport.sent_ids();
  CHECK(sent == expected);
}

TEST_CASE("a retry that waits gives back its permit and keeps its lane") {
  flow::RunOptions options;
  options.per_host = 1;
  Stage stage{options};
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"f1", "Y", 1}});
  stage.play();
  CHECK(stage.transport.under_way_ids() == std::vector<std::string>{"e1"});
  stage.answer("e1", 500);
  CHECK(stage.transport.under_way_ids() == std::vector<std::string>{"f1"});
  stage.tick(1s);
  CHECK(stage.transport.under_way_ids() == std::vector<std::string>{"f1"});
  stage.answer("f1", 200);
  CHECK(stage.transport.under_way_ids() == std::vector<std::string>{"e1"});
}

TEST_CASE("retries of one host that wait for room do not hide those of another") {
  Stage stage;
  stage.arrive(many("dead", 1000, "http://dead.test/"));
  stage.arrive(many("live", 10, "http://live.test/"));
  stage.play();
  for (int round = 0; round < 20; ++round) {
    stage.transport.finish_all(answered(500));
    stage.play();
  }
  stage.tick(2s);
  CHECK(to_host(stage.transport, "dead.test") == 50);
  CHECK(to_host(stage.transport, "live.test") == 10);
}

TEST_CASE("what is committed ahead starts as soon as a connection is free") {
  flow::RunOptions options;
  options.per_host = 2;
  options.ahead = 3;
  Stage stage{options};
  stage.arrive(many("first", 1, "http://a.test/"));
  stage.arrive(many("p", 8, "http://a.test/"));
  stage.play();
  CHECK(stage.figures().tally.of(DeliveryState::in_flight) == 2);  // nobody knows how long it takes
  stage.answer("first0", 200);
  CHECK(stage.transport.under_way().size() == 2);
  CHECK(stage.figures().tally.of(DeliveryState::in_flight) == 5);
  REQUIRE(stage.transport.finish("p0", answered(200)));
  CHECK(stage.transport.under_way_ids() == std::vector<std::string>{"p1", "p2"});  // no turn was needed
  for (int round = 0; round < 8; ++round) {
    stage.play();
    stage.transport.finish_all(answered(200));
  }
  stage.play();
  CHECK(stage.finished());
  CHECK(stage.transport.most_under_way() == 2);
  CHECK(stage.transport.sent().size() == 9);
}

TEST_CASE("what was committed ahead is taken back when the run stops and goes first in the next") {
  flow::RunOptions options;
  options.per_host = 1;
  options.ahead = 2;
  options.retry.attempts = 1;
  Stage stage{options};
  stage.arrive(
      {{"first", "V", 1}, {"e1", "X", 1}, {"e2", "X", 2}, {"f1", "Y", 1}, {"g1", "Z", 1}, {"h1", "W", 1}});
  stage.play();
  stage.answer("first", 200);
  CHECK(stage.figures().tally.of(DeliveryState::in_flight) == 3);
  stage.dispatcher().drain();
  stage.play();
  CHECK(stage.dispatcher().in_flight() == 1);
  CHECK(stage.figures().tally.of(DeliveryState::retry_wait) == 2);
  stage.answer("e1", 200);
  CHECK(stage.dispatcher().in_flight() == 0);
  CHECK(stage.figures().attempts == 2);

  stage.crash();  // the next run
  for (int round = 0; round < 8; ++round) {
    stage.transport.finish_all(answered(200));
    stage.play();
  }
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 6);
  CHECK(stage.transport.sent_ids() == std::vector<std::string>{"first", "e1", "f1", "g1", "e2", "h1"});
}

TEST_CASE(
    "a busy dispatcher leaves input where it is until there is room for it and takes all of it in the end") {
  Stage stage;
  stage.arrive(many("p", 3000, "http://a.test/"));
  stage.dispatcher().note(0s, 1s);
  stage.play();
  CHECK(stage.figures().accepted == 512);  // nothing was under way; now the host has enough
  CHECK(stage.transport.under_way().size() == 50);
  for (int round = 0; round < 100 && !stage.finished(); ++round) {
    stage.transport.finish_all(answered(200));
    stage.play();
  }
  CHECK(stage.finished());
  CHECK(stage.figures().delivered == 3000);
}

TEST_CASE("failures are counted by what they are and not by how long they took") {
  Stage stage;
  stage.arrive(many("p", 3, "http://a.test/"));
  stage.play();
  stage.end("p0", unanswered(OutcomeKind::timeout, "timed out after 5001 milliseconds"));
  stage.end("p1", unanswered(OutcomeKind::timeout, "timed out after 5003 milliseconds"));
  stage.end("p2", answered(503));
  CHECK(stage.figures().errors ==
        std::map<std::string, std::uint64_t>{{"HTTP 503", 1}, {"no answer in time", 2}});
}

TEST_CASE("workers limits the whole run") {
  flow::RunOptions options;
  options.workers = 7;
  Stage stage{options};
  stage.arrive(many("p", 30, "http://a.test/"));
  stage.arrive(many("q", 30, "http://b.test/"));
  stage.play();
  CHECK(stage.transport.under_way().size() == 7);
  while (!stage.finished()) {
    stage.transport.finish_all(answered(200));
    stage.play();
    REQUIRE(stage.transport.most_under_way() <= 7);
  }
  CHECK(stage.figures().delivered == 60);
}

TEST_CASE("twenty thousand failing lanes all come to their end") {
  flow::RunOptions options;
  options.retry.attempts = 2;
  Stage stage{options};
  stage.arrive(many("e", 20'000, "http://a.test/"));
  stage.play();
  for (int round = 0; round < 20'000 && !stage.finished(); ++round) {
    if (stage.transport.finish_all(answered(500)) == 0) stage.clock.tick(1s);
    stage.play();
  }
  CHECK(stage.finished());
  CHECK(stage.figures().tally.of(DeliveryState::dead_letter) == 20'000);
  CHECK(stage.figures().attempts == 40'000);
}

TEST_CASE("a draining dispatcher starts nothing and takes outcomes in") {
  Stage stage;
  stage.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"f1", "Y", 1}});
  stage.play();
  stage.dispatcher().drain();
  stage.answer("e1", 200);
  stage.answer("f1", 500);
  stage.tick(1h);
  CHECK(stage.transport.under_way_ids().empty());
  CHECK(stage.transport.sent_ids() == std::vector<std::string>{"e1", "f1"});
  CHECK(stage.dispatcher().in_flight() == 0);
  CHECK(stage.figures().tally.of(DeliveryState::completed) == 1);
}

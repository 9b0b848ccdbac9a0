#include "unit/flow/dispatcher_fixture.hpp"

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
std::size_t finish_url(DispatcherFixture& fixture, const std::string& url) {
  std::size_t count = 0;
  for (const auto& outgoing : fixture.transport.under_way()) {
    if (outgoing.url != url) continue;
    REQUIRE(fixture.transport.finish_ticket(outgoing.ticket, answered(200)));
    ++count;
  }
  fixture.play();
  return count;
}

}  // namespace

TEST_CASE("no more than fifty requests go to one host however it is named and another is not slowed") {
  DispatcherFixture fixture;
  fixture.arrive(many("p", 300, "http://a.test/one"));
  fixture.arrive(many("q", 300, "http://a.test:8080/two"));
  fixture.arrive(many("r", 300, "https://A.TEST/three"));
  fixture.arrive(many("s", 300, "http://b.test/"));
  fixture.play();
  CHECK(to_host(fixture.transport, "a.test") + to_host(fixture.transport, "A.TEST") == 50);
  CHECK(to_host(fixture.transport, "b.test") == 50);
  for (int round = 0; round < 100 && !fixture.finished(); ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
    CHECK(to_host(fixture.transport, "a.test") + to_host(fixture.transport, "A.TEST") <= 50);
  }
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 1200);
  for (const auto& outgoing : fixture.transport.sent()) REQUIRE(outgoing.attempt == 1);
}

TEST_CASE("a host that answers nothing does not keep another from its work") {
  DispatcherFixture fixture;
  fixture.arrive(many("dead", 2000, "http://dead.test/"));
  fixture.arrive(many("live", 2000, "http://live.test/"));
  fixture.play();
  std::size_t done = 0;
  for (int round = 0; round < 1000 && done < 2000; ++round) {
    for (const auto& outgoing : fixture.transport.under_way()) {
      if (host_of(outgoing.url) != "live.test") continue;
      REQUIRE(fixture.transport.finish_ticket(outgoing.ticket, answered(200)));
      ++done;
    }
    fixture.play();
  }
  CHECK(done == 2000);
  CHECK(to_host(fixture.transport, "dead.test") == 50);
}

TEST_CASE("a slow subscription leaves a fast one of its host its share of the permits") {
  DispatcherFixture fixture;
  const auto subscribe_url = [&](const std::string& id) {
    auto one = subscription(id);
    one.host = "a.test";
    one.url = "http://a.test/" + id;
    subscribe(fixture, one);
  };
  subscribe_url("slow");
  fixture.arrive(many("before", 300, ""));
  fixture.play();
  CHECK(fixture.transport.under_way().size() == 50);
  subscribe_url("fast");
  fixture.arrive(many("for both", 300, ""));
  fixture.play();
  CHECK(to_url(fixture.transport, "http://a.test/fast") == 0);  // none is free
  fixture.clock.tick(2s);
  fixture.transport.finish_all(answered(200));
  fixture.play();
  CHECK(to_url(fixture.transport, "http://a.test/slow") == 25);
  CHECK(to_url(fixture.transport, "http://a.test/fast") == 25);
  for (int round = 0; round < 11; ++round) {
    CHECK(to_url(fixture.transport, "http://a.test/slow") == 25);
    finish_url(fixture, "http://a.test/fast");
  }
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 50 + 275);
  finish_url(fixture, "http://a.test/fast");
  CHECK(to_url(fixture.transport, "http://a.test/slow") == 50);
}

TEST_CASE("a fast URL behind many deliveries to a slow one of its host gets its share") {
  constexpr int of_slow = 10'000, of_fast = 300;
  DispatcherFixture fixture;
  const auto slow_answer = [] {
    auto outcome = answered(200);
    outcome.took = 2s;
    return outcome;
  };
  SUBCASE("in one run") {
    fixture.arrive(many("s", of_slow, "http://a.test/slow"));
    fixture.arrive(many("f", of_fast, "http://a.test/fast"));
    fixture.play();
  }
  SUBCASE("that finds them in its journal") {
    fixture.arrive(many("s", of_slow, "http://a.test/slow"));
    fixture.arrive(many("f", of_fast, "http://a.test/fast"));
    fixture.play();
    fixture.crash();
    fixture.play();
  }
  SUBCASE("that another process has put there") {
    fixture.arrive(many("s", of_slow, "http://a.test/slow"));
    fixture.play();
    fixture.tick(200ms);
    CHECK(fixture.journal().has_several_destinations(QueueNo{1}).value() == false);
    fixture.arrive(many("f", of_fast, "http://a.test/fast"));
    fixture.play();
  }
  for (int i = 0; i < 40; ++i) fixture.tick(50ms);
  CHECK(to_url(fixture.transport, "http://a.test/slow") == 50);  // none is free
  for (const auto& outgoing : fixture.transport.under_way())
    REQUIRE(fixture.transport.finish_ticket(outgoing.ticket, slow_answer()));
  fixture.play();
  CHECK(to_url(fixture.transport, "http://a.test/slow") == 25);
  CHECK(to_url(fixture.transport, "http://a.test/fast") == 25);
  std::size_t done = 0;
  for (int round = 0; round < of_fast / 25; ++round) {
    done += finish_url(fixture, "http://a.test/fast");
    const auto stats = fixture.stats();
    CHECK(stats.in_flight + stats.host_limited <= 456);
  }
  CHECK(done == of_fast);
  CHECK(to_url(fixture.transport, "http://a.test/slow") == 50);

  // What was passed over comes back, once.
  for (int round = 0; round < of_slow && !fixture.finished(); ++round) {
    CHECK(to_url(fixture.transport, "http://a.test/slow") > 0);
    for (const auto& outgoing : fixture.transport.under_way())
      REQUIRE(fixture.transport.finish_ticket(outgoing.ticket, slow_answer()));
    fixture.tick(2s);
  }
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == of_slow + of_fast);
}

TEST_CASE("what is passed over for a slow URL keeps the order of its entities over a crash") {
  DispatcherFixture fixture;
  std::vector<Line> lines;
  for (int sequence = 1; sequence <= 4; ++sequence)
    for (int entity = 0; entity < 300; ++entity)
      for (const char* url : {"http://a.test/slow", "http://a.test/slower", "http://a.test/fast"})
        lines.push_back(
            {fmt::format("{}-{}-{}", url, entity, sequence), fmt::format("E{}", entity), sequence, url});
  for (auto& line : lines) line.entity += line.url;
  fixture.arrive(lines);
  fixture.play();
  for (int round = 0; round < 2000 && !fixture.finished(); ++round) {
    fixture.tick(110ms);
    finish_url(fixture, "http://a.test/fast");
    if (round % 20 == 0) {
      for (const auto& outgoing : fixture.transport.under_way()) {
        auto outcome = answered(round % 40 == 0 || outgoing.attempt > 1 ? 200 : 500);
        outcome.took = 2s;
        REQUIRE(fixture.transport.finish_ticket(outgoing.ticket, outcome));
      }
      fixture.play();
    }
    if (round == 90) fixture.crash();
  }
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 3600);
  std::map<std::string, std::int64_t> last;
  for (const auto& outgoing : fixture.transport.sent()) {
    auto& before = last[outgoing.entity_id.value_or("")];
    REQUIRE(outgoing.sequence->value() >= before);
    REQUIRE(outgoing.sequence->value() <= before + 1);
    before = outgoing.sequence->value();
  }
}

TEST_CASE("fast URLs of one host are read in their order however many they are") {
  DispatcherFixture fixture;
  std::vector<Line> lines;
  for (int i = 0; i < 3000; ++i) {
    const auto name = std::to_string(i);
    lines.push_back({name, name, 1, "http://a.test/" + std::to_string(i % 100)});
  }
  fixture.arrive(lines);
  fixture.play();
  std::vector<std::string> expected;
  for (int i = 0; i < 3000; ++i) expected.push_back(std::to_string(i));
  for (int round = 0; round < 100 && !fixture.finished(); ++round) {
    fixture.tick(10ms);
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
  CHECK(fixture.finished());
  auto sent = fixture.transport.sent_ids();
  CHECK(sent == expected);
}

TEST_CASE("a retry that waits gives back its permit and keeps its lane") {
  flow::RunOptions options;
  options.requests.per_host = 1;
  DispatcherFixture fixture{options};
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"f1", "Y", 1}});
  fixture.play();
  CHECK(fixture.transport.under_way_ids() == std::vector<std::string>{"e1"});
  fixture.answer("e1", 500);
  CHECK(fixture.transport.under_way_ids() == std::vector<std::string>{"f1"});
  fixture.tick(1s);
  CHECK(fixture.transport.under_way_ids() == std::vector<std::string>{"f1"});
  fixture.answer("f1", 200);
  CHECK(fixture.transport.under_way_ids() == std::vector<std::string>{"e1"});
}

TEST_CASE("retries of one host that wait for room do not hide those of another") {
  DispatcherFixture fixture;
  fixture.arrive(many("dead", 1000, "http://dead.test/"));
  fixture.arrive(many("live", 10, "http://live.test/"));
  fixture.play();
  for (int round = 0; round < 20; ++round) {
    fixture.transport.finish_all(answered(500));
    fixture.play();
  }
  fixture.tick(2s);
  CHECK(to_host(fixture.transport, "dead.test") == 50);
  CHECK(to_host(fixture.transport, "live.test") == 10);
}

TEST_CASE("what is committed ahead starts as soon as a connection is free") {
  flow::RunOptions options;
  options.requests.per_host = 2;
  options.ahead = 3;
  DispatcherFixture fixture{options};
  fixture.arrive(many("first", 1, "http://a.test/"));
  fixture.arrive(many("p", 8, "http://a.test/"));
  fixture.play();
  CHECK(fixture.stats().state_counts.of(DeliveryState::in_flight) == 2);  // nobody knows how long it takes
  fixture.answer("first0", 200);
  CHECK(fixture.transport.under_way().size() == 2);
  CHECK(fixture.stats().state_counts.of(DeliveryState::in_flight) == 5);
  REQUIRE(fixture.transport.finish("p0", answered(200)));
  CHECK(fixture.transport.under_way_ids() == std::vector<std::string>{"p1", "p2"});  // no turn was needed
  for (int round = 0; round < 8; ++round) {
    fixture.play();
    fixture.transport.finish_all(answered(200));
  }
  fixture.play();
  CHECK(fixture.finished());
  CHECK(fixture.transport.most_under_way() == 2);
  CHECK(fixture.transport.sent().size() == 9);
}

TEST_CASE("what was committed ahead is taken back when the run stops and goes first in the next") {
  flow::RunOptions options;
  options.requests.per_host = 1;
  options.ahead = 2;
  options.retry.attempts = 1;
  DispatcherFixture fixture{options};
  fixture.arrive(
      {{"first", "V", 1}, {"e1", "X", 1}, {"e2", "X", 2}, {"f1", "Y", 1}, {"g1", "Z", 1}, {"h1", "W", 1}});
  fixture.play();
  fixture.answer("first", 200);
  CHECK(fixture.stats().state_counts.of(DeliveryState::in_flight) == 3);
  fixture.dispatcher().drain();
  fixture.play();
  CHECK(fixture.dispatcher().in_flight() == 1);
  CHECK(fixture.stats().state_counts.of(DeliveryState::retry_wait) == 2);
  fixture.answer("e1", 200);
  CHECK(fixture.dispatcher().in_flight() == 0);
  CHECK(fixture.stats().attempts == 2);

  fixture.crash();  // the next run
  for (int round = 0; round < 8; ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 6);
  CHECK(fixture.transport.sent_ids() == std::vector<std::string>{"first", "e1", "f1", "g1", "e2", "h1"});
}

TEST_CASE(
    "a busy dispatcher leaves input where it is until there is room for it and takes all of it in the end") {
  DispatcherFixture fixture;
  fixture.arrive(many("p", 3000, "http://a.test/"));
  fixture.dispatcher().note(0s, 1s);
  fixture.play();
  CHECK(fixture.stats().accepted == 512);  // nothing was under way; now the host has enough
  CHECK(fixture.transport.under_way().size() == 50);
  for (int round = 0; round < 100 && !fixture.finished(); ++round) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
  }
  CHECK(fixture.finished());
  CHECK(fixture.stats().delivered == 3000);
}

TEST_CASE("failures are counted by what they are and not by how long they took") {
  DispatcherFixture fixture;
  fixture.arrive(many("p", 3, "http://a.test/"));
  fixture.play();
  fixture.end("p0", unanswered(OutcomeKind::timeout, "timed out after 5001 milliseconds"));
  fixture.end("p1", unanswered(OutcomeKind::timeout, "timed out after 5003 milliseconds"));
  fixture.end("p2", answered(503));
  CHECK(fixture.stats().errors ==
        std::map<std::string, std::uint64_t>{{"HTTP 503", 1}, {"no answer in time", 2}});
}

TEST_CASE("what a broker answers moves its deliveries as an HTTP answer does") {
  DispatcherFixture fixture;
  fixture.arrive({{"b1", "b", 1}, {"b2", "b", 2}, {"c1", "c", 1}, {"d1", "d", 1}});
  fixture.play();
  fixture.end("b1", acknowledged());
  CHECK(fixture.stats().delivered == 1);
  CHECK(fixture.transport.under_way_ids() == std::vector<std::string>{"c1", "d1", "b2"});
  fixture.end("c1", declined(7, "Kafka 7: request timed out"));
  fixture.end("d1", declined(10, "Kafka 10: message too large", true));
  CHECK(fixture.stats().retries == 1);
  CHECK(fixture.stats().buried == 1);
  CHECK(fixture.stats().errors == std::map<std::string, std::uint64_t>{{"Kafka 7: request timed out", 1},
                                                                       {"Kafka 10: message too large", 1}});
  fixture.tick(2s);
  fixture.end("c1", acknowledged());
  CHECK(fixture.stats().delivered == 2);
}

TEST_CASE("workers limits the whole run") {
  flow::RunOptions options;
  options.requests.in_all = 7;
  DispatcherFixture fixture{options};
  fixture.arrive(many("p", 30, "http://a.test/"));
  fixture.arrive(many("q", 30, "http://b.test/"));
  fixture.play();
  CHECK(fixture.transport.under_way().size() == 7);
  while (!fixture.finished()) {
    fixture.transport.finish_all(answered(200));
    fixture.play();
    REQUIRE(fixture.transport.most_under_way() <= 7);
  }
  CHECK(fixture.stats().delivered == 60);
}

TEST_CASE("twenty thousand failing lanes all come to their end") {
  flow::RunOptions options;
  options.retry.attempts = 2;
  DispatcherFixture fixture{options};
  fixture.arrive(many("e", 20'000, "http://a.test/"));
  fixture.play();
  for (int round = 0; round < 20'000 && !fixture.finished(); ++round) {
    if (fixture.transport.finish_all(answered(500)) == 0) fixture.clock.tick(1s);
    fixture.play();
  }
  CHECK(fixture.finished());
  CHECK(fixture.stats().state_counts.of(DeliveryState::dead_letter) == 20'000);
  CHECK(fixture.stats().attempts == 40'000);
}

TEST_CASE("a draining dispatcher starts nothing and takes outcomes in") {
  DispatcherFixture fixture;
  fixture.arrive({{"e1", "X", 1}, {"e2", "X", 2}, {"f1", "Y", 1}});
  fixture.play();
  fixture.dispatcher().drain();
  fixture.answer("e1", 200);
  fixture.answer("f1", 500);
  fixture.tick(1h);
  CHECK(fixture.transport.under_way_ids().empty());
  CHECK(fixture.transport.sent_ids() == std::vector<std::string>{"e1", "f1"});
  CHECK(fixture.dispatcher().in_flight() == 0);
  CHECK(fixture.stats().state_counts.of(DeliveryState::completed) == 1);
}

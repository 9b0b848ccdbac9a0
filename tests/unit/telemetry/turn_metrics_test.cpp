#include "telemetry/turn_metrics.hpp"

#include "metrics/series.hpp"
#include "metrics/store.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <algorithm>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;
namespace name = metrics::name;

namespace {

/// A dispatcher whose turns are counted.
class Counted {
 public:
  explicit Counted(const flow::RunOptions& options = {}) : fixture{options} { fixture.observe(turns_); }

  std::int64_t count(std::string_view key) {
    REQUIRE(collector_.drain(60s));
    return store_.get(key);
  }
  std::int64_t attempts(std::string_view outcome) {
    return count(metrics::labelled(name::attempts, "outcome", outcome));
  }
  double read(std::string_view key) {
    std::vector<metrics::Sample> samples;
    turns_.read(samples);
    const auto found =
        std::find_if(samples.begin(), samples.end(), [&](const auto& s) { return s.key == key; });
    REQUIRE(found != samples.end());
    return found->value;
  }

  DispatcherFixture fixture;

 private:
  metrics::KeyRegistry registry_;
  metrics::SharedMapStore store_;
  metrics::AsyncCollector collector_{store_, 100'000, 2, {}};
  telemetry::TurnMetrics turns_{collector_, registry_, fixture.clock};
};

std::vector<Line> lines(const std::string& prefix, int count, const std::string& url) {
  std::vector<Line> lines;
  for (int i = 0; i < count; ++i)
    lines.push_back({prefix + std::to_string(i), prefix + std::to_string(i), 1, url});
  return lines;
}

Outcome took(std::chrono::microseconds duration) {
  Outcome outcome = answered(200);
  outcome.took = duration;
  return outcome;
}

}  // namespace

TEST_CASE("every event and attempt is counted under what became of it") {
  flow::RunOptions options;
  options.retry.attempts = 2;
  Counted counted{options};
  DispatcherFixture& fixture = counted.fixture;
  fixture.arrive({{"good", "a", 1}, {"bad", "b", 1}, {"slow", "c", 1}});
  fixture.arrive({{"good", "a", 1}, {"other", "a", 1}, {"good", "z", 1}});
  fixture.play();
  fixture.end("good", took(30ms));
  fixture.answer("bad", 404);
  fixture.end("slow", unanswered(OutcomeKind::timeout));
  fixture.tick(10min);
  fixture.answer("bad", 503);
  fixture.end("slow", took(2s));

  CHECK(counted.count(name::received) == 6);
  CHECK(counted.count(name::accepted) == 3);
  CHECK(counted.count(name::duplicates) == 1);
  CHECK(counted.count(name::conflicts) == 2);
  CHECK(counted.count(name::rejected) == 2);
  CHECK(counted.count(name::delivered) == 2);
  CHECK(counted.count(name::failed) == 1);
  CHECK(counted.count(name::retrying) == 2);
  CHECK(counted.attempts("succeeded") == 2);
  CHECK(counted.attempts("http_4xx") == 1);
  CHECK(counted.attempts("http_5xx") == 1);
  CHECK(counted.attempts("timeout") == 1);
  CHECK(counted.count("dispatch_delivery_duration_seconds_bucket{le=\"0.05\"}") == 1);
  CHECK(counted.count("dispatch_delivery_duration_seconds_bucket{le=\"2.5\"}") == 1);
  CHECK(counted.read("dispatch_delivery_duration_seconds_sum") == doctest::Approx(2.03));
  // Three events came, and five attempts began and ended.
  CHECK(counted.read("dispatch_journal_commit_size_sum") == 3 + 5 + 5);
}

TEST_CASE("what a broker takes and declines is counted as succeeded and as declined") {
  Counted counted;
  DispatcherFixture& fixture = counted.fixture;
  fixture.arrive({{"taken", "a", 1}, {"not", "b", 1}});
  fixture.play();
  CHECK(counted.attempts("declined") == 0);
  fixture.end("taken", acknowledged());
  fixture.end("not", declined(10071, "NATS 10071: wrong last sequence"));
  CHECK(counted.attempts("succeeded") == 1);
  CHECK(counted.attempts("declined") == 1);
  CHECK(counted.count(name::retrying) == 1);
}

TEST_CASE("what a rate holds back is counted once however long it waits") {
  flow::RunOptions options;
  options.rate = Rate{2, 1s};
  Counted counted{options};
  DispatcherFixture& fixture = counted.fixture;
  fixture.arrive(lines("e", 5, "http://a.test/"));
  fixture.play();
  CHECK(fixture.transport.under_way().size() == 1);
  CHECK(counted.count(name::rate_rejections) == 4);
  fixture.transport.finish_all(answered(200));
  fixture.play();
  fixture.tick(100ms);
  CHECK(counted.count(name::rate_rejections) == 4);
  for (int half = 0; half < 8; ++half) {
    fixture.transport.finish_all(answered(200));
    fixture.tick(500ms);
  }
  CHECK(fixture.transport.sent().size() == 5);
  CHECK(counted.count(name::rate_rejections) == 4);
  CHECK(counted.count(name::throttled) == 4);
}

TEST_CASE("a circuit that opens is counted and its host is told of with its state") {
  flow::RunOptions options;
  options.breaker = policy::BreakerPolicy{.failures = 2, .open_for = 30s, .probes = 1, .successes = 1};
  Counted counted{options};
  DispatcherFixture& fixture = counted.fixture;
  fixture.arrive(lines("e", 3, "http://dead.test/"));
  fixture.arrive(lines("f", 2, "http://live.test/"));
  fixture.play();
  fixture.answer("e0", 500);
  fixture.answer("e1", 500);
  fixture.tick(2s);
  CHECK(counted.count(name::trips) == 1);
  const auto hosts = fixture.stats().hosts;
  REQUIRE(hosts.size() == 2);
  CHECK(hosts[0].host == "dead.test");
  CHECK(hosts[0].circuit == policy::Circuit::State::open);
  CHECK(hosts[0].in_flight == 1);
  CHECK(hosts[1].host == "live.test");
  CHECK(hosts[1].circuit == policy::Circuit::State::closed);
  CHECK(hosts[1].in_flight == 2);
  CHECK(hosts[1].permits_free == 48);
}

TEST_CASE("the busiest fifty hosts are told of by name and the rest together") {
  Counted counted;
  DispatcherFixture& fixture = counted.fixture;
  for (int host = 0; host < 60; ++host)
    fixture.arrive(lines("h" + std::to_string(host) + "-", host < 10 ? 1 : 2,
                         "http://h" + std::to_string(host) + ".test/"));
  fixture.play();
  fixture.tick(2s);
  const auto hosts = fixture.stats().hosts;
  REQUIRE(hosts.size() == 51);
  for (int i = 0; i < 50; ++i) CHECK(hosts[static_cast<std::size_t>(i)].in_flight == 2);
  CHECK(hosts.back().host.empty());
  CHECK(hosts.back().in_flight == 10);
  CHECK(hosts.back().permits_free == 490);
}

TEST_CASE("hosts that have nothing to do are told of after those that have and counted with the rest") {
  Counted counted;
  DispatcherFixture& fixture = counted.fixture;
  const auto url = [](int host) { return "http://h" + std::to_string(host) + ".test/"; };
  for (int host = 10; host < 80; ++host)
    fixture.arrive(lines("h" + std::to_string(host) + "-", 1, url(host)));
  fixture.play();
  fixture.transport.finish_all(answered(200));
  fixture.tick(2s);
  fixture.arrive(lines("again", 1, url(79)));
  fixture.play();
  fixture.tick(2s);
  const auto hosts = fixture.stats().hosts;
  REQUIRE(hosts.size() == 51);
  CHECK(hosts[0].host == "h79.test");
  CHECK(hosts[0].in_flight == 1);
  CHECK(hosts[0].permits_free == 49);
  for (int i = 1; i < 50; ++i) {
    CHECK(hosts[static_cast<std::size_t>(i)].host == "h" + std::to_string(9 + i) + ".test");
    CHECK(hosts[static_cast<std::size_t>(i)].permits_free == 50);
  }
  CHECK(hosts.back().host.empty());
  CHECK(hosts.back().in_flight == 0);
  CHECK(hosts.back().permits_free == 20 * 50);
}

TEST_CASE("hosts that have nothing to do are forgotten and known again when they have") {
  flow::RunOptions options;
  options.window = options.window_limits();
  options.window->lanes = 16;
  options.window->queues_kept = 10;
  Counted counted{options};
  DispatcherFixture& fixture = counted.fixture;
  const auto deliver = [&](const std::string& prefix) {
    for (int host = 10; host < 80; ++host) {
      const auto name = std::to_string(host);
      fixture.arrive(lines(prefix + name + "-", 1, "http://h" + name + ".test/"));
    }
    for (int i = 0; i < 20; ++i) {
      fixture.play();
      fixture.transport.finish_all(answered(200));
      fixture.tick(2s);
    }
  };
  deliver("first");
  CHECK(fixture.transport.sent().size() == 70);
  CHECK(fixture.stats().hosts.size() <= 10 + 16);
  deliver("again");
  CHECK(fixture.transport.sent().size() == 140);
}

TEST_CASE("what an earlier process left under way is counted as unknown") {
  Counted counted;
  DispatcherFixture& fixture = counted.fixture;
  fixture.arrive({{"e", "a", 1}});
  fixture.play();
  fixture.crash();
  CHECK(counted.count(name::unknown) == 1);
}

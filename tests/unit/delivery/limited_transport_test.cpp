#include "delivery/limited_transport.hpp"

#include "delivery/transport_by_scheme.hpp"
#include "support/collected_reports.hpp"
#include "support/fakes.hpp"
#include "support/scripted_transport.hpp"

#include <array>
#include <chrono>
#include <limits>
#include <mutex>
#include <optional>
#include <semaphore>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t unlimited = std::numeric_limits<std::size_t>::max();
constexpr std::array<std::string_view, 1> broker_schemes{"broker"};

Outgoing attempt_to(std::uint32_t host, std::uint64_t ticket, const std::string& url = "http://a.test/") {
  Outgoing outgoing;
  outgoing.ticket = ticket;
  outgoing.host = host;
  outgoing.url = url;
  outgoing.event_id = std::to_string(ticket);
  return outgoing;
}

/// Limits before two protocols.
struct Limited {
  explicit Limited(const RequestLimits& limits) : limited(limits, reports, clock) {}

  void send(std::vector<Outgoing> batch) { limited.send(std::move(batch)); }
  std::vector<std::string> kinds() const {
    std::vector<std::string> kinds;
    for (const auto& report : reports.all())
      kinds.push_back(std::to_string(report.ticket) + " " + std::string{to_string(report.outcome.kind)});
    return kinds;
  }

  ManualClock clock;
  CollectedReports reports;
  LimitedTransport limited;
  ScriptedTransport http{limited.for_next(), unlimited, &clock};
  ScriptedTransport broker{limited.for_next(), unlimited, &clock};
  TransportByScheme by_scheme{{{http_schemes, http}, {broker_schemes, broker}}, limited.for_next()};
  std::optional<LimitedTransport::Link> link{limited.lead_to(by_scheme)};
};

using Texts = std::vector<std::string>;

/// Takes its time to take what is sent, and notes what it is told, in order.
class SlowTransport final : public Transport {
 public:
  void send(std::vector<Outgoing>) override {
    if (count_++ > 0) {
      entered.release();
      let_go.acquire();
    }
    note("send");
  }
  void withdraw() override { note("withdraw"); }
  void abort() override { note("abort"); }
  Texts told() const {
    const std::scoped_lock lock{mutex_};
    return told_;
  }

  std::binary_semaphore entered{0}, let_go{0};

 private:
  void note(const char* what) {
    const std::scoped_lock lock{mutex_};
    told_.emplace_back(what);
  }
  mutable std::mutex mutex_;
  Texts told_;
  int count_ = 0;
};

}  // namespace

TEST_CASE("a host is held to its limit over all protocols and another starts where one ends") {
  Limited set{{.per_host = 2, .in_all = 10}};
  set.send({attempt_to(0, 1), attempt_to(0, 2, "broker://a.test/"), attempt_to(0, 3, "broker://a.test/"),
            attempt_to(0, 4)});
  CHECK(set.http.sent_ids() == Texts{"1"});
  CHECK(set.broker.sent_ids() == Texts{"2"});
  CHECK(set.limited.waiting() == 2);
  REQUIRE(set.http.finish("1", answered(200)));
  CHECK(set.broker.sent_ids() == Texts{"2", "3"});
  REQUIRE(set.broker.finish("2", acknowledged()));
  CHECK(set.http.sent_ids() == Texts{"1", "4"});
  CHECK(set.limited.waiting() == 0);
}

TEST_CASE("what has a scheme that nothing serves keeps no place at its host") {
  Limited set{{.per_host = 1, .in_all = 10}};
  set.send({attempt_to(0, 1, "odd://a.test/"), attempt_to(0, 2, "odd://a.test/"), attempt_to(0, 3)});
  CHECK(set.http.sent_ids() == Texts{"3"});
  CHECK(set.kinds() == Texts{"2 refused", "1 refused"});
}

TEST_CASE("what may not begin any more is withdrawn when its turn comes") {
  Limited set{{.per_host = 1, .in_all = 10}};
  auto late = attempt_to(0, 2);
  late.not_after = set.clock.steady() + 1s;
  set.send({attempt_to(0, 1), late, attempt_to(0, 3)});
  set.clock.tick(2s);
  CHECK(set.reports.count() == 0);
  REQUIRE(set.http.finish("1", answered(200)));
  CHECK(set.kinds() == Texts{"1 answered", "2 withdrawn"});
  CHECK(set.http.sent_ids() == Texts{"1", "3"});
}

TEST_CASE("an attempt is told whether others wait to be sent to its host") {
  Limited set{{.per_host = 1, .in_all = 10}};
  set.send({attempt_to(0, 1)});
  set.send({attempt_to(1, 2), attempt_to(1, 3)});
  CHECK_FALSE(set.http.sent().at(0).others_wait);
  CHECK(set.http.sent().at(1).others_wait);
}

TEST_CASE("where the way ends what waits is given back and nothing more is sent") {
  Limited set{{.per_host = 1, .in_all = 10}};
  set.send({attempt_to(0, 1), attempt_to(0, 2), attempt_to(0, 3)});
  set.link.reset();
  CHECK(set.kinds() == Texts{"2 withdrawn", "3 withdrawn"});
  REQUIRE(set.http.finish("1", answered(200)));
  CHECK(set.kinds() == Texts{"2 withdrawn", "3 withdrawn", "1 answered"});
  CHECK(set.http.sent_ids() == Texts{"1"});
}

TEST_CASE("higher limits let what waits start at once") {
  Limited set{{.per_host = 1, .in_all = 2}};
  set.send({attempt_to(0, 1), attempt_to(0, 2), attempt_to(1, 3), attempt_to(2, 4)});
  CHECK(set.http.sent_ids() == Texts{"1", "3"});
  set.limited.set_limits({.per_host = 2, .in_all = 2});
  CHECK(set.http.sent_ids() == Texts{"1", "3"});
  set.limited.set_limits({.per_host = 2, .in_all = 10});
  CHECK(set.http.sent_ids() == Texts{"1", "3", "4", "2"});
  CHECK(set.limited.waiting() == 0);
}

TEST_CASE("lower limits leave alone what is under way and let nothing start until enough has ended") {
  Limited set{{.per_host = 3, .in_all = 10}};
  set.send({attempt_to(0, 1), attempt_to(0, 2), attempt_to(0, 3), attempt_to(0, 4), attempt_to(1, 5)});
  CHECK(set.http.sent_ids() == Texts{"1", "5", "2", "3"});
  set.limited.set_limits({.per_host = 1, .in_all = 2});
  CHECK(set.reports.count() == 0);
  set.send({attempt_to(2, 6)});
  for (const auto* id : {"1", "2"}) {
    REQUIRE(set.http.finish(id, answered(200)));
    CHECK(set.http.sent_ids() == Texts{"1", "5", "2", "3"});
  }
  REQUIRE(set.http.finish("3", answered(200)));
  CHECK(set.http.sent_ids() == Texts{"1", "5", "2", "3", "6"});
  REQUIRE(set.http.finish("5", answered(200)));
  CHECK(set.http.sent_ids() == Texts{"1", "5", "2", "3", "6", "4"});
  CHECK(set.kinds() == Texts{"1 answered", "2 answered", "3 answered", "5 answered"});
}

TEST_CASE("where limits are raised what may not begin any more is withdrawn") {
  Limited set{{.per_host = 1, .in_all = 10}};
  auto late = attempt_to(0, 2);
  late.not_after = set.clock.steady() + 1s;
  set.send({attempt_to(0, 1), late, attempt_to(0, 3)});
  set.clock.tick(2s);
  set.limited.set_limits({.per_host = 2, .in_all = 10});
  CHECK(set.kinds() == Texts{"2 withdrawn"});
  CHECK(set.http.sent_ids() == Texts{"1", "3"});
}

TEST_CASE("where the way has ended higher limits let nothing start") {
  Limited set{{.per_host = 1, .in_all = 10}};
  set.send({attempt_to(0, 1), attempt_to(0, 2)});
  set.link.reset();
  set.limited.set_limits({.per_host = 2, .in_all = 10});
  CHECK(set.http.sent_ids() == Texts{"1"});
  CHECK(set.kinds() == Texts{"2 withdrawn"});
}

TEST_CASE("limits change on one thread while requests start and end on others") {
  constexpr std::uint64_t requests = 500;
  Limited set{{.per_host = 1, .in_all = 1}};
  std::thread changes{[&] {
    for (std::size_t i = 0; i < requests; ++i)
      set.limited.set_limits({.per_host = 1 + i % 5, .in_all = 1 + i % 7});
    set.limited.set_limits({.per_host = 1, .in_all = 1});
  }};
  std::thread sends{[&] {
    for (std::uint64_t ticket = 1; ticket <= requests; ++ticket)
      set.send({attempt_to(static_cast<std::uint32_t>(ticket % 3), ticket)});
  }};
  while (set.reports.count() < requests)
    for (const auto& id : set.http.under_way_ids()) CHECK(set.http.finish(id, answered(200)));
  changes.join();
  sends.join();
  CHECK(set.limited.waiting() == 0);
  CHECK(set.reports.count() == requests);
  CHECK(set.http.most_under_way() <= 7);
}

TEST_CASE("what is being handed over is withdrawn or aborted too") {
  for (const bool aborts : {false, true}) {
    const ManualClock clock;
    CollectedReports reports;
    LimitedTransport limited{{.per_host = 1, .in_all = 10}, reports, clock};
    SlowTransport slow;
    const auto link = limited.lead_to(slow);
    limited.send({attempt_to(0, 1), attempt_to(0, 2)});
    std::thread other{[&] { limited.for_next().put({{.ticket = 1, .outcome = answered(200)}}); }};
    REQUIRE(slow.entered.try_acquire_for(10s));  // the second one is on its way
    std::thread stopping{[&] { aborts ? limited.abort() : limited.withdraw(); }};
    std::this_thread::sleep_for(20ms);  // enough for it to overtake, where it could
    CHECK(slow.told() == Texts{"send"});
    slow.let_go.release();
    other.join();
    stopping.join();
    CHECK(slow.told() == Texts{"send", "send", aborts ? "abort" : "withdraw"});
  }
}

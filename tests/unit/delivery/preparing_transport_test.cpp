#include "delivery/preparing_transport.hpp"

#include "support/collected_reports.hpp"
#include "support/fakes.hpp"
#include "support/scripted_transport.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

/// Answers each attempt when it is sent, on the thread that sends it.
class Answering final : public delivery::Transport {
 public:
  explicit Answering(delivery::Reports& reports) : reports_(reports) {}
  void send(std::vector<Outgoing> batch) override {
    std::vector<delivery::Report> reports;
    for (const auto& outgoing : batch) {
      reports.push_back({outgoing.ticket, answered(200)});
      const std::scoped_lock lock{mutex_};
      bodies_.push_back(outgoing.payload);
    }
    reports_.put(std::move(reports));
  }
  void withdraw() override {}
  void abort() override {}
  std::vector<std::string> bodies() const {
    const std::scoped_lock lock{mutex_};
    return bodies_;
  }

 private:
  delivery::Reports& reports_;
  mutable std::mutex mutex_;
  std::vector<std::string> bodies_;
};

Outgoing outgoing(std::uint64_t ticket, const Subscription& subscription) {
  Outgoing outgoing;
  outgoing.ticket = ticket;
  outgoing.event_id = "evt-" + std::to_string(ticket);
  outgoing.payload = "{\"n\":" + std::to_string(ticket) + "}";
  outgoing.subscription = std::make_shared<const Subscription>(subscription);
  return outgoing;
}

std::vector<Outgoing> one(Outgoing outgoing) {
  std::vector<Outgoing> batch;
  batch.push_back(std::move(outgoing));
  return batch;
}

Subscription transformed(const std::string& transform, std::int64_t no = 1) {
  Subscription subscription;
  subscription.no = SubscriptionNo{no};
  subscription.id = "shop";
  subscription.transform = transform;
  return subscription;
}

}  // namespace

TEST_CASE("what needs no preparation goes through at once and what fails is refused with the reason") {
  CollectedReports reports;
  ManualClock clock;
  Answering next{reports};
  const auto transport = delivery::PreparingTransport::start(2, next, reports, clock).value();
  std::vector<Outgoing> batch;
  batch.push_back(outgoing(1, transformed(".data.n.x")));
  batch.push_back(outgoing(2, {}));
  batch.push_back(outgoing(3, transformed(".data.n")));
  transport->send(std::move(batch));
  CHECK(next.bodies().front() == "{\"n\":2}");
  REQUIRE(reports.wait_for(3));
  for (const auto& report : reports.all()) {
    if (report.ticket != 1) {
      CHECK(report.outcome.kind == OutcomeKind::answered);
      continue;
    }
    CHECK(report.outcome.kind == OutcomeKind::refused);
    CHECK(report.outcome.error ==
          "the transform of subscription shop failed: Cannot index number with string");
  }
  CHECK(next.bodies() == std::vector<std::string>{"{\"n\":2}", "3"});
}

TEST_CASE("a subscription whose programs do not end leaves a thread to the others") {
  CollectedReports reports;
  ManualClock clock;
  Answering next{reports};
  const auto transport = delivery::PreparingTransport::start(2, next, reports, clock).value();
  constexpr std::uint64_t endless = 3, others = 10;
  for (std::uint64_t ticket = 0; ticket < endless; ++ticket)
    transport->send(one(outgoing(ticket, transformed("last(repeat(1))", 1))));
  for (std::uint64_t ticket = endless; ticket < endless + others; ++ticket)
    transport->send(one(outgoing(ticket, transformed(".data", 2))));
  REQUIRE(reports.wait_for(endless + others, std::chrono::seconds{60}));
  const auto all = reports.all();
  const auto is_endless = [](const auto& report) { return report.ticket < endless; };
  const auto ahead =
      std::find_if(all.rbegin(), all.rend(), [&](const auto& report) { return !is_endless(report); });
  CHECK(std::count_if(ahead, all.rend(), is_endless) <= 1);  // each has a second of processor time
  CHECK(all.back().outcome.kind == OutcomeKind::refused);
  CHECK(all.back().outcome.error ==
        "the transform of subscription shop failed: it took more than 1s of processor time and was ended");
}

TEST_CASE("what is taken back while it is being prepared does not start") {
  CollectedReports reports;
  ManualClock clock;
  Answering next{reports};
  const auto transport = delivery::PreparingTransport::start(1, next, reports, clock).value();
  // It is being prepared, or waits to be; either way it has a second of work before it.
  transport->send(one(outgoing(1, transformed("[range(200000)] | map(tostring) | join(\"\") | length"))));
  transport->withdraw();
  REQUIRE(reports.wait_for(1, std::chrono::seconds{60}));
  CHECK(reports.all().front().outcome.kind == OutcomeKind::withdrawn);
  CHECK(next.bodies().empty());
  transport->send(one(outgoing(2, transformed(".data.n"))));
  REQUIRE(reports.wait_for(2, std::chrono::seconds{60}));
  CHECK(next.bodies() == std::vector<std::string>{"2"});
}

TEST_CASE("what may begin no longer is not prepared and what waits behind it is") {
  using namespace std::chrono_literals;
  CollectedReports reports;
  ManualClock clock;
  /// Two seconds pass while an attempt is handed on.
  class Slow final : public delivery::Transport {
   public:
    Slow(delivery::Transport& next, ManualClock& clock) : next_(next), clock_(clock) {}
    void send(std::vector<Outgoing> batch) override {
      clock_.tick(2s);
      next_.send(std::move(batch));
    }
    void withdraw() override {}
    void abort() override {}

   private:
    delivery::Transport& next_;
    ManualClock& clock_;
  };
  Answering answering{reports};
  Slow next{answering, clock};
  const auto transport = delivery::PreparingTransport::start(1, next, reports, clock).value();
  const auto until = [&](std::uint64_t ticket, std::chrono::seconds from_now) {
    Outgoing made = outgoing(ticket, transformed(".data.n"));
    made.not_after = clock.steady() + from_now;
    return made;
  };
  std::vector<Outgoing> batch;
  batch.push_back(until(1, 0s));  // it may begin at that very time
  batch.push_back(until(2, 1s));
  batch.push_back(outgoing(3, transformed(".data.n")));
  transport->send(std::move(batch));
  REQUIRE(reports.wait_for(3, 60s));
  CHECK(answering.bodies() == std::vector<std::string>{"1", "3"});
  const auto all = reports.all();
  const auto late =
      std::find_if(all.begin(), all.end(), [](const auto& report) { return report.ticket == 2; });
  CHECK(late->outcome.kind == OutcomeKind::withdrawn);
  CHECK(late->outcome.error == "withdrawn before it was sent: its latest time to begin has passed");
}

TEST_CASE("every attempt ends in one report whatever is sent and taken back and aborted at once") {
  constexpr std::uint64_t senders = 3, each = 200;
  CollectedReports reports;
  ManualClock clock;
  Answering next{reports};
  {
    const auto transport = delivery::PreparingTransport::start(2, next, reports, clock).value();
    Subscription enveloped;
    enveloped.body = BodyMode::envelope;
    std::atomic<bool> done = false;
    std::vector<std::thread> threads;
    for (std::uint64_t sender = 0; sender < senders; ++sender)
      threads.emplace_back([&, sender] {
        for (std::uint64_t i = 0; i < each; ++i)
          transport->send(one(outgoing(sender * each + i, i % 3 == 0 ? Subscription{} : enveloped)));
      });
    std::thread stopper{[&] {
      while (!done) {
        transport->withdraw();
        transport->abort();
        std::this_thread::yield();
      }
    }};
    for (auto& thread : threads) thread.join();
    done = true;
    stopper.join();
    transport->send(one(outgoing(senders * each, enveloped)));
  }  // ends with something waiting, perhaps
  const auto all = reports.all();
  std::set<std::uint64_t> tickets;
  for (const auto& report : all) tickets.insert(report.ticket);
  CHECK(all.size() == senders * each + 1);
  CHECK(tickets.size() == all.size());
}

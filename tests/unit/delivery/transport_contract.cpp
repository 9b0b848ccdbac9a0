// What every Transport keeps, whatever is behind it.

#include "base/clock.hpp"
#include "delivery/http/http_transport.hpp"
#include "delivery/preparing_transport.hpp"
#include "support/collected_reports.hpp"
#include "support/receiver.hpp"
#include "support/scripted_transport.hpp"

#include <algorithm>
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

/// More than any test but one has under way.
constexpr std::size_t at_once = 100;

/// Attempts stay under way until answer_all() lets them, and those sent later, be answered with 200.
class HttpSubject {
 public:
  delivery::Transport& transport() { return *transport_; }
  CollectedReports& reports() { return reports_; }
  std::string url() const { return receiver_.url(); }
  bool wait_under_way(std::size_t count) { return receiver_.wait_for(count); }
  std::size_t started() const { return receiver_.count(); }
  void answer_all() { receiver_.release(); }

 private:
  Receiver receiver_{[](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; }};
  SystemClock clock_;
  CollectedReports reports_;
  std::unique_ptr<delivery::HttpTransport> transport_ =
      delivery::HttpTransport::start(options(), reports_, clock_).value();

  static delivery::HttpOptions options() {
    delivery::HttpOptions options;
    options.per_host = at_once;
    return options;
  }
};

class ScriptedSubject {
 public:
  delivery::Transport& transport() { return transport_; }
  CollectedReports& reports() { return reports_; }
  std::string url() const { return "http://127.0.0.1/"; }
  bool wait_under_way(std::size_t count) { return transport_.under_way().size() >= count; }
  std::size_t started() const { return transport_.sent().size(); }
  void answer_all() { transport_.finish_all(answered(200)); }

 private:
  CollectedReports reports_;
  ScriptedTransport transport_{reports_, at_once};
};

/// What goes through it is of a subscription whose bodies must be prepared.
class Subscribing final : public delivery::Transport {
 public:
  explicit Subscribing(delivery::Transport& next) : next_(next) {}
  void send(std::vector<Outgoing> batch) override {
    for (auto& outgoing : batch) outgoing.subscription = subscription_;
    next_.send(std::move(batch));
  }
  void withdraw() override { next_.withdraw(); }
  void abort() override { next_.abort(); }

 private:
  static std::shared_ptr<const Subscription> enveloped() {
    Subscription subscription;
    subscription.body = BodyMode::envelope;
    return std::make_shared<const Subscription>(std::move(subscription));
  }

  delivery::Transport& next_;
  const std::shared_ptr<const Subscription> subscription_ = enveloped();
};

/// Prepares before a transport that is passed the same suite itself. One thread, so that what is sent first
/// starts first.
class PreparingSubject {
 public:
  delivery::Transport& transport() { return subscribing_; }
  CollectedReports& reports() { return reports_; }
  std::string url() const { return "http://127.0.0.1/"; }
  bool wait_under_way(std::size_t count) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (next_.under_way().size() < count && std::chrono::steady_clock::now() < until)
      std::this_thread::yield();
    return next_.under_way().size() >= count;
  }
  std::size_t started() const { return next_.sent().size(); }
  void answer_all() { next_.finish_all(answered(200)); }

 private:
  CollectedReports reports_;
  ScriptedTransport next_{reports_, at_once};
  std::unique_ptr<delivery::PreparingTransport> transport_ =
      delivery::PreparingTransport::start(1, next_, reports_).value();
  Subscribing subscribing_{*transport_};
};

std::vector<Outgoing> batch(const std::string& url, std::uint64_t first_ticket, std::size_t count) {
  std::vector<Outgoing> batch(count);
  for (std::size_t i = 0; i < count; ++i) {
    batch[i].ticket = first_ticket + i;
    batch[i].url = url;
    batch[i].event_id = "evt-" + std::to_string(first_ticket + i);
    batch[i].payload = R"({"n":1})";
  }
  return batch;
}

std::set<std::uint64_t> tickets(const std::vector<delivery::Report>& reports) {
  std::set<std::uint64_t> tickets;
  for (const auto& report : reports) tickets.insert(report.ticket);
  return tickets;
}

bool all_are(const std::vector<delivery::Report>& reports, OutcomeKind kind) {
  return std::all_of(reports.begin(), reports.end(),
                     [=](const auto& report) { return report.outcome.kind == kind; });
}

}  // namespace

#define TRANSPORTS HttpSubject, ScriptedSubject, PreparingSubject

TEST_CASE_TEMPLATE("transport: every attempt ends in one report under its ticket", Subject, TRANSPORTS) {
  Subject subject;
  subject.transport().send(batch(subject.url(), 1, 100));
  REQUIRE(subject.wait_under_way(100));
  subject.answer_all();
  REQUIRE(subject.reports().wait_for(100));
  const auto reports = subject.reports().all();
  CHECK(reports.size() == 100);
  CHECK(tickets(reports).size() == 100);
  CHECK(*tickets(reports).begin() == 1);
  CHECK(*tickets(reports).rbegin() == 100);
  CHECK(all_are(reports, OutcomeKind::answered));
  CHECK(reports.front().outcome.status == 200);
}

TEST_CASE_TEMPLATE("transport: nothing is reported before it has ended", Subject, TRANSPORTS) {
  Subject subject;
  subject.transport().send(batch(subject.url(), 1, 3));
  REQUIRE(subject.wait_under_way(3));
  CHECK(subject.reports().count() == 0);
  subject.answer_all();
  CHECK(subject.reports().wait_for(3));
}

TEST_CASE_TEMPLATE("transport: abort ends every attempt under way as unknown", Subject, TRANSPORTS) {
  Subject subject;
  subject.transport().send(batch(subject.url(), 1, 20));
  REQUIRE(subject.wait_under_way(20));
  subject.transport().abort();
  REQUIRE(subject.reports().wait_for(20));
  subject.answer_all();
  const auto reports = subject.reports().all();
  CHECK(reports.size() == 20);
  CHECK(tickets(reports).size() == 20);
  CHECK(all_are(reports, OutcomeKind::unknown));
}

TEST_CASE_TEMPLATE("transport: abort right after send loses no report", Subject, TRANSPORTS) {
  Subject subject;
  subject.transport().send(batch(subject.url(), 1, 50));
  subject.transport().abort();
  REQUIRE(subject.reports().wait_for(50));
  CHECK(tickets(subject.reports().all()).size() == 50);
  for (const auto& report : subject.reports().all()) {
    const auto kind = report.outcome.kind;
    CHECK((kind == OutcomeKind::unknown || kind == OutcomeKind::withdrawn));
  }
}

TEST_CASE_TEMPLATE("transport: what is above the limit waits and starts when another has ended", Subject,
                   TRANSPORTS) {
  Subject subject;
  subject.transport().send(batch(subject.url(), 1, at_once + 20));
  REQUIRE(subject.wait_under_way(at_once));
  CHECK(subject.started() == at_once);
  subject.answer_all();
  REQUIRE(subject.reports().wait_for(at_once));
  for (int tries = 0; tries < 1000 && subject.reports().count() < at_once + 20; ++tries) {
    subject.answer_all();  // what must be prepared starts bit by bit
    subject.reports().wait_for(at_once + 20, std::chrono::milliseconds{10});
  }
  REQUIRE(subject.reports().count() == at_once + 20);
  CHECK(all_are(subject.reports().all(), OutcomeKind::answered));
}

TEST_CASE_TEMPLATE("transport: what is withdrawn never starts and what is under way goes on", Subject,
                   TRANSPORTS) {
  Subject subject;
  subject.transport().send(batch(subject.url(), 1, at_once + 20));
  REQUIRE(subject.wait_under_way(at_once));
  subject.transport().withdraw();
  REQUIRE(subject.reports().wait_for(20));
  const auto withdrawn = subject.reports().all();
  CHECK(withdrawn.size() == 20);
  CHECK(all_are(withdrawn, OutcomeKind::withdrawn));
  CHECK(*tickets(withdrawn).begin() == at_once + 1);
  subject.answer_all();
  REQUIRE(subject.reports().wait_for(at_once + 20));
  CHECK(subject.started() == at_once);
}

TEST_CASE_TEMPLATE("transport: a withdrawal with nothing waiting does nothing", Subject, TRANSPORTS) {
  Subject subject;
  subject.transport().withdraw();
  subject.transport().send(batch(subject.url(), 1, 2));
  REQUIRE(subject.wait_under_way(2));
  subject.transport().withdraw();
  CHECK(subject.reports().count() == 0);
  subject.answer_all();
  REQUIRE(subject.reports().wait_for(2));
  CHECK(all_are(subject.reports().all(), OutcomeKind::answered));
}

TEST_CASE_TEMPLATE("transport: an abort with nothing under way does nothing and sending goes on after it",
                   Subject, TRANSPORTS) {
  Subject subject;
  subject.transport().abort();
  subject.transport().send(batch(subject.url(), 7, 1));
  REQUIRE(subject.wait_under_way(1));
  subject.answer_all();
  REQUIRE(subject.reports().wait_for(1));
  CHECK(subject.reports().all().front().ticket == 7);
  CHECK(subject.reports().all().front().outcome.kind == OutcomeKind::answered);
}

TEST_CASE_TEMPLATE("transport: several threads may send at once", Subject, TRANSPORTS) {
  Subject subject;
  std::vector<std::thread> senders;
  for (std::uint64_t sender = 0; sender < 4; ++sender)
    senders.emplace_back([&subject, sender] {
      for (std::uint64_t i = 0; i < 25; ++i)
        subject.transport().send(batch(subject.url(), sender * 100 + i, 1));
    });
  for (auto& sender : senders) sender.join();
  REQUIRE(subject.wait_under_way(100));
  subject.answer_all();
  REQUIRE(subject.reports().wait_for(100));
  CHECK(tickets(subject.reports().all()).size() == 100);
}

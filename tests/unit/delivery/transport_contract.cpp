// What every Transport keeps, whatever is behind it: those in TRANSPORTS (transport_subjects.hpp).

#include "unit/delivery/transport_subjects.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

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
  CHECK(all_are(reports, Subject::success));
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
  // One may be in the hands of a thread that prepares it.
  for (int tries = 0; tries < 1000 && subject.transport().waiting() != 20; ++tries)
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  CHECK(subject.transport().waiting() == 20);
  subject.answer_all();
  REQUIRE(subject.reports().wait_for(at_once));
  for (int tries = 0; tries < 1000 && subject.reports().count() < at_once + 20; ++tries) {
    subject.answer_all();  // what must be prepared starts bit by bit
    subject.reports().wait_for(at_once + 20, std::chrono::milliseconds{10});
  }
  REQUIRE(subject.reports().count() == at_once + 20);
  CHECK(subject.transport().waiting() == 0);
  CHECK(all_are(subject.reports().all(), Subject::success));
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
  CHECK(all_are(subject.reports().all(), Subject::success));
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
  CHECK(subject.reports().all().front().outcome.kind == Subject::success);
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

TEST_CASE_TEMPLATE("transport: what may begin no longer when it is sent never starts", Subject, TRANSPORTS) {
  Subject subject;
  auto sent = batch(subject.url(), 1, 3);
  subject.clock().tick(1min);
  sent[0].not_after = subject.clock().steady();
  sent[1].not_after = subject.clock().steady() - 1us;
  subject.transport().send(std::move(sent));
  REQUIRE(subject.wait_under_way(2));
  REQUIRE(subject.reports().wait_for(1));
  CHECK(subject.reports().all()[0].ticket == 2);
  CHECK(subject.reports().all()[0].outcome.kind == OutcomeKind::withdrawn);
  CHECK_FALSE(subject.reports().all()[0].outcome.error.empty());
  subject.answer_all();
  REQUIRE(subject.reports().wait_for(3));
  CHECK(tickets(subject.reports().all()).size() == 3);
  CHECK(subject.started() == 2);
}

TEST_CASE_TEMPLATE("transport: what waits until it may begin no longer never starts and others do", Subject,
                   TRANSPORTS) {
  Subject subject;
  auto sent = batch(subject.url(), 1, at_once + 20);
  for (std::size_t i = 0; i < 10; ++i) sent[at_once + i].not_after = subject.clock().steady() + 1s;
  for (std::size_t i = 10; i < 15; ++i) sent[at_once + i].not_after = subject.clock().steady() + 1h;
  subject.transport().send(std::move(sent));
  REQUIRE(subject.wait_under_way(at_once));
  subject.clock().tick(2s);
  for (int tries = 0; tries < 1000 && subject.reports().count() < at_once + 20; ++tries) {
    subject.answer_all();
    subject.reports().wait_for(at_once + 20, 10ms);
  }
  const auto reports = subject.reports().all();
  REQUIRE(reports.size() == at_once + 20);
  CHECK(tickets(reports).size() == at_once + 20);
  for (const auto& report : reports) {
    const bool late = report.ticket > at_once && report.ticket <= at_once + 10;
    CHECK(report.outcome.kind == (late ? OutcomeKind::withdrawn : Subject::success));
  }
  CHECK(subject.started() == at_once + 10);
}

TEST_CASE_TEMPLATE("transport: what has begun in time goes on however late it becomes", Subject, TRANSPORTS) {
  Subject subject;
  auto sent = batch(subject.url(), 1, 5);
  for (auto& outgoing : sent) outgoing.not_after = subject.clock().steady() + 1s;
  subject.transport().send(std::move(sent));
  REQUIRE(subject.wait_under_way(5));
  subject.clock().tick(1h);
  subject.transport().send(batch(subject.url(), 6, 1));
  REQUIRE(subject.wait_under_way(6));
  CHECK(subject.reports().count() == 0);
  subject.answer_all();
  REQUIRE(subject.reports().wait_for(6));
  CHECK(all_are(subject.reports().all(), Subject::success));
}

TEST_CASE_TEMPLATE("transport: a withdrawal takes back what may begin for a while yet", Subject, TRANSPORTS) {
  Subject subject;
  auto sent = batch(subject.url(), 1, at_once + 5);
  for (auto& outgoing : sent) outgoing.not_after = subject.clock().steady() + 1h;
  subject.transport().send(std::move(sent));
  REQUIRE(subject.wait_under_way(at_once));
  subject.transport().withdraw();
  REQUIRE(subject.reports().wait_for(5));
  CHECK(all_are(subject.reports().all(), OutcomeKind::withdrawn));
  subject.clock().tick(2h);
  subject.answer_all();
  REQUIRE(subject.reports().wait_for(at_once + 5));
  CHECK(tickets(subject.reports().all()).size() == at_once + 5);
}

TEST_CASE_TEMPLATE("transport: it says what became of each attempt or that it cannot tell and sends nothing",
                   Subject, TRANSPORTS) {
  using delivery::Fate;
  Subject subject;
  subject.has({"evt-2"});
  std::vector<delivery::Attempted> attempts;
  for (const auto& outgoing : batch(subject.url(), 1, 3))
    attempts.push_back({.url = outgoing.url, .event_id = outgoing.event_id});
  const auto fates = subject.transport().resolve(attempts);
  if (Subject::can_tell)
    CHECK(fates == std::vector<Fate>{Fate::absent, Fate::arrived, Fate::absent});
  else
    CHECK(fates == std::vector<Fate>(3, Fate::unknown));
  CHECK(subject.transport().resolve({}).empty());
  CHECK(subject.started() == 0);
  CHECK(subject.reports().count() == 0);
}

TEST_CASE_TEMPLATE("transport: it says how spans tell of its protocol", Subject, TRANSPORTS) {
  Subject subject;
  const delivery::Transport& transport = subject.transport();
  const auto& protocol = transport.protocol(subject.url());
  CHECK(protocol.name() == Subject::span_name);
  tracing::SpanAttributes attributes;
  const std::string url = subject.url();
  protocol.describe({.url = url, .shown_url = url, .host = "127.0.0.1"}, attributes);
  CHECK_FALSE(attributes.all().empty());
}

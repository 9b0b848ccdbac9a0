// How long the dispatcher waits for mail. These tests take real time.

#include "flow/intake/inbox.hpp"

#include <chrono>
#include <cstdint>
#include <thread>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 10s;  // far longer than any of these tests takes

void put_one(flow::Inbox& inbox, std::uint64_t ticket) {
  std::vector<delivery::Report> reports;
  reports.push_back({ticket, {}});
  inbox.put(std::move(reports));
}

SteadyTime in(std::chrono::milliseconds time) {
  return std::chrono::steady_clock::now() + time;
}

}  // namespace

TEST_CASE("inbox: outcomes are gathered until there are enough") {
  flow::Inbox inbox;
  put_one(inbox, 1);
  const std::jthread later{[&] {
    for (std::uint64_t ticket = 2; ticket <= 3; ++ticket) {
      std::this_thread::sleep_for(2ms);
      put_one(inbox, ticket);
    }
  }};
  CHECK(inbox.take(in(patience), 1, {.longest = patience, .outcomes = 3}).reports.size() == 3);
}

TEST_CASE("inbox: outcomes are gathered for as long as was said and not beyond what the caller waits") {
  flow::Inbox inbox;
  put_one(inbox, 1);
  CHECK(inbox.take(in(patience), 1, {.longest = 2ms, .outcomes = 3}).reports.size() == 1);
  put_one(inbox, 2);
  CHECK(inbox.take(in(2ms), 1, {.longest = patience, .outcomes = 3}).reports.size() == 1);
  put_one(inbox, 3);
  CHECK(inbox.take(SteadyTime{}, 1, {.longest = patience, .outcomes = 3}).reports.size() == 1);
}

TEST_CASE("inbox: events and a stop end the gathering of outcomes at once") {
  flow::Inbox inbox;
  put_one(inbox, 1);
  SUBCASE("events") {
    const std::jthread later{[&] {
      std::this_thread::sleep_for(2ms);
      CHECK(inbox.offer({}));
    }};
    const auto mail = inbox.take(in(patience), 1, {.longest = patience, .outcomes = 3});
    CHECK(mail.reports.size() == 1);
    CHECK(mail.incoming.size() == 1);
  }
  SUBCASE("events that were there before") {
    CHECK(inbox.offer({}));
    CHECK(inbox.take(in(patience), 1, {.longest = patience, .outcomes = 3}).incoming.size() == 1);
  }
  SUBCASE("a stop") {
    const std::jthread later{[&] {
      std::this_thread::sleep_for(2ms);
      inbox.stop(flow::Stop::drain);
    }};
    CHECK(inbox.take(in(patience), 0, {.longest = patience, .outcomes = 3}).stop == flow::Stop::drain);
  }
}

TEST_CASE("inbox: the next outcome after a gathering wakes the dispatcher") {
  flow::Inbox inbox;
  put_one(inbox, 1);
  CHECK(inbox.take(in(patience), 1, {.longest = 1ms, .outcomes = 3}).reports.size() == 1);
  const std::jthread later{[&] {
    std::this_thread::sleep_for(2ms);
    put_one(inbox, 2);
  }};
  CHECK(inbox.take(in(patience), 1).reports.size() == 1);
}

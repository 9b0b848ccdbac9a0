#include "delivery/admission.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;

namespace {

Outgoing to(std::uint32_t host, std::uint64_t ticket) {
  Outgoing outgoing;
  outgoing.host = host;
  outgoing.ticket = ticket;
  return outgoing;
}

/// The tickets of all that may start now.
std::vector<std::uint64_t> started(Admission& admission) {
  std::vector<std::uint64_t> tickets;
  while (const auto outgoing = admission.next()) tickets.push_back(outgoing->ticket);
  return tickets;
}

using Tickets = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("a host gets no more requests at a time than it may have") {
  Admission admission{{.per_host = 2, .in_all = 100}};
  for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) admission.add(to(0, ticket));
  CHECK(started(admission) == Tickets{1, 2});
  admission.leave(0);
  CHECK(started(admission) == Tickets{3});
  admission.leave(0);
  admission.leave(0);
  CHECK(started(admission) == Tickets{4});
}

TEST_CASE("of a batch to one host as many start at once as it has places") {
  Admission admission{{.per_host = 3, .in_all = 100}};
  std::vector<Outgoing> first{to(0, 1), to(0, 2)}, second{to(0, 3), to(0, 4)};
  CHECK(admission.start(first) == 2);
  CHECK(first[0].others_wait);
  CHECK_FALSE(first[1].others_wait);
  CHECK(admission.start(second) == 1);
  CHECK(second[0].others_wait);
  CHECK(admission.waiting() == 0);
  admission.add(second[1]);
  CHECK(started(admission).empty());
  admission.leave(0);
  CHECK(started(admission) == Tickets{4});
}

TEST_CASE("a batch that shares places with others waits for its turn") {
  Admission admission{{.per_host = 2, .in_all = 3}};
  std::vector<Outgoing> batch{to(0, 1), to(0, 2)};
  SUBCASE("with requests to another host") {
    batch.push_back(to(1, 3));
  }
  SUBCASE("with requests that wait for the same host") {
    admission.add(to(0, 3));
  }
  SUBCASE("with requests that wait for a place in all") {
    admission.add(to(1, 3));
  }
  SUBCASE("with requests under way where not all find a place in all") {
    std::vector<Outgoing> others{to(1, 3), to(1, 4)};
    CHECK(admission.start(others) == 2);
  }
  SUBCASE("where one of them must begin in time") {
    batch[1].not_after = SteadyTime{};
  }
  CHECK(admission.start(batch) == 0);
}

TEST_CASE("a host at its limit does not hold up another") {
  Admission admission{{.per_host = 1, .in_all = 100}};
  admission.add(to(0, 1));
  admission.add(to(0, 2));
  admission.add(to(1, 3));
  CHECK(started(admission) == Tickets{1, 3});
}

TEST_CASE("the limit in all holds over hosts and they take turns") {
  Admission admission{{.per_host = 10, .in_all = 3}};
  for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) admission.add(to(0, ticket));
  for (std::uint64_t ticket = 5; ticket <= 8; ++ticket) admission.add(to(1, ticket));
  CHECK(started(admission) == Tickets{1, 5, 2});
  admission.leave(0);
  admission.leave(1);
  CHECK(started(admission) == Tickets{6, 3});
}

TEST_CASE("what may start no longer is given back and the rest keeps its order") {
  using namespace std::chrono_literals;
  const SteadyTime start{};
  Admission admission{{.per_host = 1, .in_all = 100}};
  const auto add = [&](std::uint32_t host, std::uint64_t ticket, std::optional<SteadyTime> not_after) {
    Outgoing outgoing = to(host, ticket);
    outgoing.not_after = not_after;
    admission.add(std::move(outgoing));
  };
  const auto late = [&](SteadyTime now) {
    Tickets tickets;
    for (const auto& outgoing : admission.give_back_late(now)) tickets.push_back(outgoing.ticket);
    return tickets;
  };
  CHECK_FALSE(admission.late_after());
  add(0, 1, start + 1s);
  CHECK(started(admission) == Tickets{1});
  add(0, 2, start + 3s);
  add(0, 3, std::nullopt);
  add(0, 4, start + 2s);
  add(0, 5, start + 5s);
  add(1, 6, start + 3s);
  CHECK(admission.late_after() == start + 1s);  // of one that has started
  CHECK(late(start + 1s).empty());
  CHECK(late(start + 2s).empty());
  CHECK(admission.late_after() == start + 2s);
  CHECK(late(start + 4s) == Tickets{2, 4, 6});
  CHECK(admission.late_after() == start + 5s);
  CHECK(admission.hosts() == 1);
  CHECK(started(admission).empty());
  admission.leave(0);
  CHECK(started(admission) == Tickets{3});
  admission.leave(0);
  CHECK(late(start + 6s) == Tickets{5});
  CHECK_FALSE(admission.late_after());
  CHECK(started(admission).empty());
  CHECK(admission.hosts() == 0);
}

TEST_CASE("what is given back has not started and nothing else waits") {
  Admission admission{{.per_host = 1, .in_all = 100}};
  admission.add(to(0, 1));
  CHECK(started(admission) == Tickets{1});
  admission.add(to(0, 2));
  admission.add(to(3, 3));
  Tickets back;
  for (const auto& outgoing : admission.give_back()) back.push_back(outgoing.ticket);
  CHECK(back == Tickets{2, 3});
  CHECK(started(admission).empty());
  admission.leave(0);
  admission.add(to(0, 4));
  CHECK(started(admission) == Tickets{4});
}

TEST_CASE("a host of which nothing waits and nothing is under way is forgotten") {
  Admission admission{{.per_host = 2, .in_all = 100}};
  for (std::uint32_t host = 0; host < 1'000; ++host) {
    admission.add(to(host, host));
    REQUIRE(admission.next());
    admission.leave(host);
  }
  CHECK(admission.hosts() == 0);
  admission.add(to(5, 1));
  admission.add(to(5, 2));
  CHECK(started(admission) == Tickets{1, 2});
  admission.leave(5);
  admission.add(to(6, 3));
  CHECK(admission.waiting() == 1);
  CHECK(admission.give_back().size() == 1);
  CHECK(admission.waiting() == 0);
  CHECK(admission.hosts() == 1);
}

TEST_CASE("what waits for one URL of a host is taken out and the others keep their places") {
  Admission admission{{.per_host = 1, .in_all = 100}};
  const auto of_url = [](std::uint64_t ticket, const std::string& url) {
    Outgoing outgoing = to(0, ticket);
    outgoing.url = url;
    return outgoing;
  };
  admission.add(of_url(1, "http://a/busy"));
  admission.add(of_url(2, "http://a/busy"));
  admission.add(of_url(3, "http://a/other"));
  admission.add(of_url(4, "http://a/busy"));
  CHECK(started(admission) == Tickets{1});
  const auto is_busy = [](const Outgoing& one) { return one.url == "http://a/busy"; };
  Tickets taken;
  for (const auto& outgoing : admission.give_back(0, is_busy)) taken.push_back(outgoing.ticket);
  CHECK(taken == Tickets{2, 4});
  admission.leave(0);
  CHECK(started(admission) == Tickets{3});
  admission.leave(0);
  CHECK(admission.hosts() == 0);
  CHECK(admission.give_back(0, is_busy).empty());
}

TEST_CASE("a host whose waiting requests were all taken out has no turn") {
  Admission admission{{.per_host = 1, .in_all = 100}};
  admission.add(to(0, 1));
  admission.add(to(1, 2));
  CHECK(admission.give_back(0, [](const Outgoing&) { return true; }).size() == 1);
  CHECK(started(admission) == Tickets{2});
  CHECK(admission.hosts() == 1);
}

TEST_CASE("where a host may have more what waits for it starts in its turn") {
  Admission admission{{.per_host = 1, .in_all = 100}};
  for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) admission.add(to(0, ticket));
  for (std::uint64_t ticket = 5; ticket <= 7; ++ticket) admission.add(to(1, ticket));
  CHECK(started(admission) == Tickets{1, 5});
  admission.set_limits({.per_host = 3, .in_all = 100});
  CHECK(started(admission) == Tickets{2, 6, 3, 7});
  admission.leave(0);
  CHECK(started(admission) == Tickets{4});
}

TEST_CASE("where a host may have fewer nothing more starts until enough has ended") {
  Admission admission{{.per_host = 3, .in_all = 100}};
  for (std::uint64_t ticket = 1; ticket <= 5; ++ticket) admission.add(to(0, ticket));
  CHECK(started(admission) == Tickets{1, 2, 3});
  admission.set_limits({.per_host = 1, .in_all = 100});
  admission.leave(0);
  admission.leave(0);
  CHECK(started(admission).empty());
  admission.leave(0);
  CHECK(started(admission) == Tickets{4});
  CHECK(started(admission).empty());
}

TEST_CASE("a host that has its turn loses it where it has too much under way by another limit") {
  Admission admission{{.per_host = 3, .in_all = 2}};
  for (std::uint64_t ticket = 1; ticket <= 3; ++ticket) admission.add(to(0, ticket));
  CHECK(started(admission) == Tickets{1, 2});  // it has its turn, and waits for one in all
  admission.set_limits({.per_host = 2, .in_all = 10});
  CHECK(started(admission).empty());
  admission.leave(0);
  CHECK(started(admission) == Tickets{3});
  admission.leave(0);
  admission.leave(0);
  CHECK(admission.hosts() == 0);
}

TEST_CASE("the limit in all is raised and lowered") {
  Admission admission{{.per_host = 10, .in_all = 3}};
  for (std::uint64_t ticket = 1; ticket <= 6; ++ticket) admission.add(to(ticket % 2 != 0 ? 0 : 1, ticket));
  CHECK(started(admission) == Tickets{1, 2, 3});
  admission.set_limits({.per_host = 10, .in_all = 4});
  CHECK(started(admission) == Tickets{4});
  admission.set_limits({.per_host = 10, .in_all = 1});
  for (const std::uint32_t host : {0, 0, 1}) {
    admission.leave(host);
    CHECK(started(admission).empty());
  }
  admission.leave(1);
  CHECK(started(admission) == Tickets{5});
  admission.set_limits({.per_host = 10, .in_all = 2});
  CHECK(started(admission) == Tickets{6});
}

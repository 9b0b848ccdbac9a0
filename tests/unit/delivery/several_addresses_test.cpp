// Names that lead to several addresses, and names that lead elsewhere in time. Some take seconds of wall
// time.

#include "support/network/loopback.hpp"
#include "support/network/names.hpp"
#include "support/network/receiver.hpp"
#include "unit/delivery/transport_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* dead = "127.0.0.2";
constexpr const char* living = "127.0.0.3";

/// Answers at one address, one request on each connection, and swallows connections at another one of the
/// same port: the queue of those that wait to be accepted is full.
struct HalfDead {
  HalfDead() {
    checked(::listen(swallows.get(), 0), "listen");
    for (int i = 0; i < 4; ++i) {
      Fd& filler = fillers.emplace_back(
          Fd{checked(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket")});
      sockaddr_in where{};
      where.sin_family = AF_INET;
      where.sin_port = htons(receiver.port());
      ::inet_pton(AF_INET, dead, &where.sin_addr);
      ::connect(filler.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where);
    }
  }
  std::string url(const Name& name) const {
    return "http://" + name.text() + ":" + std::to_string(receiver.port()) + "/";
  }

  Receiver receiver{[](const Received&, std::size_t) {
                      return Answer{.headers = {{"Connection", "close"}}, .last = true};
                    },
                    living};
  Fd swallows = listen_at(dead, receiver.port());
  std::vector<Fd> fillers;
};

HttpOptions within(std::chrono::milliseconds timeout) {
  HttpOptions options;
  options.timeout = timeout;
  options.connection_lifetime = 2s;  // so that addresses are looked up for each connection
  return options;
}

std::string url_of(const Name& name, std::uint16_t port) {
  return "http://" + name.text() + ":" + std::to_string(port) + "/";
}

}  // namespace

TEST_CASE("where a host's first address swallows connections its second one answers within the timeout") {
  const HalfDead host;
  const Name name{"half-dead.test", {dead, living}};
  TransportFixture fixture{within(2s)};
  const auto outcome = fixture.attempt(event(host.url(name), 1));
  INFO(outcome.error);
  CHECK(outcome.status == 200);
  CHECK(outcome.address == living);
  CHECK(outcome.took < 1900ms);

  // From now on everyone goes to the living one at once, on a new connection too.
  std::vector<Outgoing> batch;
  for (std::uint64_t ticket = 2; ticket <= 20; ++ticket) batch.push_back(event(host.url(name), ticket));
  fixture.transport->send(std::move(batch));
  REQUIRE(fixture.reports.wait_for(20));
  for (const auto& report : fixture.reports.all()) {
    INFO(report.outcome.error);
    CHECK(report.outcome.status == 200);
    if (report.ticket > 1) CHECK(report.outcome.took < 500ms);
  }
  CHECK(host.receiver.count() == 20);
  CHECK(host.receiver.connections() == 20);
}

TEST_CASE("of a host's addresses those that refuse connections cost no time") {
  const Receiver receiver{[](const Received&, std::size_t) { return Answer{}; }, "127.0.0.5"};
  const Name name{"refusing.test", {"127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"}};
  auto took = std::chrono::microseconds::max();
  for (int tries = 0; tries < 5; ++tries) {
    const auto outcome = TransportFixture{}.attempt(event(url_of(name, receiver.port())));
    CHECK(outcome.status == 200);
    took = std::min(took, outcome.took);
  }
  CHECK(took < 190ms);  // less than a turn of libcurl's own timers
}

TEST_CASE("an address that was passed over is tried at once where the one that answered is gone") {
  HalfDead host;
  Name name{"moving.test", {dead, living}};
  TransportFixture fixture{within(2s)};
  CHECK(fixture.attempt(event(host.url(name), 1)).status == 200);
  // The dead one comes back to life, and is all that the name leads to.
  host.fillers.clear();
  host.swallows = {};
  const Receiver revived{[](const Received&, std::size_t) { return Answer{.status = 204}; }, dead,
                         host.receiver.port()};
  name.lead_to({dead});
  for (std::uint64_t ticket = 2; ticket <= 4; ++ticket) {
    const auto outcome = fixture.attempt(event(host.url(name), ticket));
    INFO(outcome.error);
    CHECK(outcome.status == 204);
    CHECK(outcome.took < 500ms);
  }
  CHECK(revived.count() == 3);
}

TEST_CASE("requests follow a name that moves within one and a half lifetimes of a connection") {
  constexpr auto lifetime = 2s;
  const Receiver before{[](const Received&, std::size_t) { return Answer{}; }, "127.0.0.2"};
  const Receiver after{[](const Received&, std::size_t) { return Answer{}; }, "127.0.0.3", before.port()};
  Name name{"moved.test", {"127.0.0.2"}};
  HttpOptions options;
  options.connection_lifetime = lifetime;
  TransportFixture fixture{options};
  std::uint64_t ticket = 0;
  const auto deliver_until = [&](std::chrono::steady_clock::time_point end) {
    while (std::chrono::steady_clock::now() < end) {
      CHECK(fixture.attempt(event(url_of(name, before.port()), ++ticket)).status == 200);
      std::this_thread::sleep_for(50ms);
    }
  };
  deliver_until(std::chrono::steady_clock::now() + lifetime + 500ms);
  CHECK(before.connections() >= 2);  // a busy connection ends although nothing has moved
  CHECK(before.connections() <= 3);  // and not after each request
  const auto moved = std::chrono::steady_clock::now();
  name.lead_to({"127.0.0.3"});
  deliver_until(moved + lifetime * 3 / 2 + 500ms);
  REQUIRE(after.count() > 0);
  CHECK(before.received().back().arrived <= moved + lifetime * 3 / 2);
  CHECK(before.count() + after.count() == ticket);
  CHECK(name.lookups() <= 8);
}

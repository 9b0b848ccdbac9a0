// What the direct client decides about connections, where it differs from libcurl or tests of both do not
// show it. Tests that run on both clients are in the other files.

#include "delivery/http/direct/deadlines.hpp"
#include "delivery/http/direct/intrusive_list.hpp"
#include "support/network/raw_receiver.hpp"
#include "support/network/receiver.hpp"
#include "support/network/tls_receiver.hpp"
#include "unit/delivery/transport_fixture.hpp"
#include "unit/delivery/turned_client.hpp"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <malloc.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

struct Listed {
  explicit Listed(int number = 0) : number(number) {}
  int number;
  ListHook<Listed> hook{*this};
};

struct Due {
  explicit Due(SteadyTime deadline) : deadline(deadline) {}
  SteadyTime deadline;
  DeadlineHook<Due> hook{*this};
};

/// A connection that nothing comes from.
class SilentChannel final : public Channel {
 public:
  Progress read(std::span<char>) override { return {}; }
  Progress write(std::string_view bytes, bool) override { return {State::moved, bytes.size()}; }
  std::string explain() const override { return {}; }
  int socket() const override { return -1; }
  State listen() override { return State::blocked; }
  bool is_at_rest() override { return true; }
};

/// Connections that are idle.
struct IdleFixture : ConnectionEvents {
  void ready(Connection&, std::uint32_t) override {}
  Connection& add(const std::string& place, SteadyTime now) {
    connections.emplace_back(
        *this,
        Connection::Setup{
            .channel = std::make_unique<SilentChannel>(), .place = place, .address = "", .retire = {}});
    idle.add(connections.back(), now);
    return connections.back();
  }

  std::list<Connection> connections;
  IdleConnections idle;
};

/// Connections that two requests to this receiver take.
std::size_t connections_of_two(HttpClient client, const std::string& answer) {
  const RawReceiver receiver{[&](Conversation& peer) {
    while (peer.request())
      if (!peer.send(answer)) return;
  }};
  TransportFixture fixture{{}, {1'000, 1'000}, client};
  for (std::uint64_t ticket = 1; ticket <= 2; ++ticket)
    CHECK(fixture.attempt(event(receiver.url(), ticket)).kind == OutcomeKind::answered);
  return receiver.connections();
}

}  // namespace

TEST_CASE("a hook is in one list and leaves it with its item") {
  IntrusiveList<Listed> list;
  CHECK(list.empty());
  CHECK(list.front() == nullptr);
  CHECK(list.back() == nullptr);
  Listed one{1};
  list.push_back(one.hook);
  {
    Listed two{2};
    list.push_back(two.hook);
    CHECK(list.front() == &one);
    CHECK(list.back() == &two);
  }
  CHECK(list.back() == &one);
  one.hook.unlink();
  one.hook.unlink();
  CHECK(list.empty());
  {
    IntrusiveList<Listed> other;
    other.push_back(one.hook);
    CHECK(one.hook.is_linked());
  }
  CHECK_FALSE(one.hook.is_linked());
}

TEST_CASE("the earliest of deadlines is known in whatever order they come and go") {
  std::mt19937 random{7};
  Deadlines<Due> deadlines;
  CHECK_FALSE(deadlines.next());
  CHECK(deadlines.earliest() == nullptr);
  std::vector<std::unique_ptr<Due>> items;
  std::multiset<SteadyTime> expected;
  for (int step = 0; step < 5'000; ++step) {
    if (items.empty() || random() % 5 > 1) {
      items.push_back(std::make_unique<Due>(SteadyTime{} + std::chrono::seconds{random() % 500}));
      deadlines.add(items.back()->hook);
      expected.insert(items.back()->deadline);
    } else {
      std::swap(items[random() % items.size()], items.back());
      expected.erase(expected.find(items.back()->deadline));
      items.pop_back();  // its hook leaves
    }
    REQUIRE(deadlines.next() == (expected.empty() ? std::nullopt : std::optional{*expected.begin()}));
    REQUIRE((deadlines.earliest() == nullptr) == expected.empty());
  }
  while (Due* const due = deadlines.earliest()) {
    CHECK(due->deadline == *expected.begin());
    expected.erase(expected.begin());
    due->hook.unlink();
    CHECK_FALSE(due->hook.is_linked());
  }
  CHECK(expected.empty());
}

TEST_CASE("thousands of places with idle connections cost each of them the same") {
  IdleFixture it;
  const SteadyTime now{1h};
  const auto begun = std::chrono::steady_clock::now();
  constexpr int places = 40'000;
  for (int place = 0; place < places; ++place) it.add(std::to_string(place), now);
  // A scan of all places with each of them would look at 700 million.
  CHECK(std::chrono::steady_clock::now() - begun < 5s);
  CHECK(it.idle.size() == places);
  CHECK(it.idle.next("0", now) == &it.connections.front());
}

TEST_CASE("the connection that became idle last is used next") {
  IdleFixture it;
  const SteadyTime now{1h};
  CHECK(it.idle.next("a", now) == nullptr);
  auto& first = it.add("a", now);
  auto& second = it.add("a", now);
  it.add("b", now);
  CHECK(it.idle.next("a", now) == &second);
  it.idle.remove(second);
  CHECK(it.idle.next("a", now) == &first);
  CHECK(it.idle.oldest() == &first);
  CHECK(it.idle.size() == 2);
}

TEST_CASE("connections to a server that closes them without saying so rest before they are used again") {
  IdleFixture it;
  SteadyTime now{1h};
  auto& lost = it.add("a", now);
  it.idle.remove(lost);
  it.idle.note_lost(lost, 2s);  // it was idle for too long
  auto* last = &it.add("a", now);
  CHECK(it.idle.next("a", now) == last);
  it.idle.remove(*last);
  it.idle.note_lost(lost, 1ms);
  auto& first = it.add("a", now);
  it.add("a", now + 5ms);
  auto& other = it.add("b", now);
  CHECK(it.idle.next("b", now) == &other);
  CHECK(it.idle.next("a", now + 9ms) == nullptr);
  CHECK(it.idle.next("a", now + 10ms) == &first);
  it.idle.remove(first);
  CHECK(it.idle.next("a", now + 10ms) == nullptr);
  last = it.idle.next("a", now + 15ms);
  REQUIRE(last != nullptr);
  for (int i = 0; i < 99; ++i) it.idle.note_kept(*last);
  CHECK(it.idle.next("a", now) == nullptr);
  it.idle.note_kept(*last);
  CHECK(it.idle.next("a", now) == last);
  it.idle.note_kept(*last);  // it did not have to rest
}

TEST_CASE("an answer that comes with the end of its connection costs the next request nothing") {
  const RawReceiver receiver{[](Conversation& peer) {
    if (peer.request()) peer.send_last("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  }};
  TransportFixture fixture{{}, {4, 4}, HttpClient::direct};
  std::vector<Outgoing> batch;
  for (std::uint64_t ticket = 1; ticket <= 200; ++ticket) batch.push_back(event(receiver.url(), ticket));
  fixture.transport->send(std::move(batch));
  REQUIRE(fixture.reports.wait_for(200));
  for (const auto& report : fixture.reports.all()) CHECK(report.outcome.status == 200);
  CHECK(receiver.connections() == 200);
}

TEST_CASE("after an answer that is not exactly as the standard has it the connection is not used again") {
  for (const char* clean : {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", "HTTP/1.1 204 None\r\n\r\n",
                            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n"}) {
    CAPTURE(std::string{clean});
    CHECK(connections_of_two(HttpClient::direct, clean) == 1);
  }
  for (const char* doubtful :
       {"HTTP/1.1 200 OK\nContent-Length: 2\n\nno",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno!", "HTTP/1.1 204 None\r\n\r\nbody",
        "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nno",
        "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"}) {
    CAPTURE(std::string{doubtful});
    CHECK(connections_of_two(HttpClient::direct, doubtful) == 2);
  }
}

TEST_CASE("the rest of a request is sent after an early success and not after a refusal") {
  for (const HttpClient client : {HttpClient::libcurl, HttpClient::direct})
    for (const bool success : {true, false}) {
      CAPTURE(success);
      std::atomic<std::size_t> body{0}, requests{0};
      const RawReceiver receiver{[&](Conversation& peer) {
        peer.first_bytes();
        if (requests == 0)
          peer.send(success ? "HTTP/1.1 202 Fine\r\nContent-Length: 0\r\n\r\n"
                            : "HTTP/1.1 413 Large\r\nContent-Length: 0\r\n\r\n");
        std::this_thread::sleep_for(100ms);
        while (const auto request = peer.request()) {
          body = std::max<std::size_t>(body, request->body.size());
          if (++requests > 1) peer.send("HTTP/1.1 204 None\r\n\r\n");
        }
      }};
      TransportFixture fixture{{}, {1'000, 1'000}, client};
      auto large = event(receiver.url(), 1);
      large.payload.assign(20 * 1024 * 1024, 'x');
      CHECK(fixture.attempt(std::move(large)).status == (success ? 202 : 413));
      if (!success) continue;
      CHECK(fixture.attempt(event(receiver.url(), 2)).status == 204);
      CHECK(body == 20 * 1024 * 1024);
      CHECK(receiver.connections() == 1);
    }
}

// Takes more than a second of wall time.
TEST_CASE("a connection that was idle too long is not used again") {
  const Receiver receiver;
  HttpOptions options;
  options.connection_idle_most = 1s;
  TransportFixture fixture{options, {1'000, 1'000}, HttpClient::direct};
  CHECK(fixture.attempt(event(receiver.url(), 1)).status == 200);
  CHECK(fixture.attempt(event(receiver.url(), 2)).status == 200);
  CHECK(receiver.connections() == 1);
  std::this_thread::sleep_for(1'100ms);
  CHECK(fixture.attempt(event(receiver.url(), 3)).status == 200);
  CHECK(receiver.connections() == 2);
}

TEST_CASE("no more idle connections are kept than were asked for") {
  Receiver receiver{[](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; }};
  HttpOptions options;
  options.connections_kept = 3;
  TransportFixture fixture{options, {1'000, 1'000}, HttpClient::direct};
  const auto round = [&](std::uint64_t first, std::size_t count) {
    std::vector<Outgoing> batch;
    for (std::size_t i = 0; i < count; ++i) batch.push_back(event(receiver.url(), first + i));
    for (auto& outgoing : batch) outgoing.others_wait = true;  // so that connections are worth keeping
    fixture.transport->send(std::move(batch));
  };
  round(1, 10);
  REQUIRE(receiver.wait_for(10));
  receiver.release();
  REQUIRE(fixture.reports.wait_for(10));
  CHECK(receiver.connections() == 10);
  round(11, 10);
  REQUIRE(fixture.reports.wait_for(20));
  CHECK(receiver.connections() >= 17);
  for (const auto& report : fixture.reports.all()) CHECK(report.outcome.status == 200);
}

TEST_CASE("connections of TLS are kept and tickets that come between answers end none") {
  const TlsReceiver receiver{{.status = 200, .keeps_connections = true}};
  HttpOptions options;
  options.ca_file = receiver.certificate();
  TransportFixture fixture{options, {1'000, 1'000}, HttpClient::direct};
  for (std::uint64_t ticket = 1; ticket <= 10; ++ticket) {
    const auto outcome = fixture.attempt(event(receiver.url(), ticket));
    CHECK(outcome.status == 200);
    CHECK(outcome.timings.tls_ready.has_value() == (ticket == 1));
    if (ticket == 1) std::this_thread::sleep_for(20ms);
  }
  auto large = event(receiver.url(), 11);
  large.payload.assign(3 * 1024 * 1024, 'x');
  CHECK(fixture.attempt(std::move(large)).status == 200);
}

TEST_CASE("a server that speaks before it is asked gets no request") {
  for (const bool closes : {false, true}) {
    std::atomic<bool> asked{false};
    const RawReceiver receiver{[&](Conversation& peer) {
      if (closes) return;
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      if (peer.request()) asked = true;
    }};
    TurnedClient client;
    client.delay = 100ms;  // so that it has spoken
    const auto outcome = client.attempt(event(receiver.url()));
    CHECK(outcome.kind == OutcomeKind::connect_error);
    CHECK(outcome.status == 0);
    CHECK(outcome.error == (closes ? "the server closed the connection before it was asked"
                                   : "the server spoke before it was asked, and got no request"));
    CHECK_FALSE(asked);
  }
}

TEST_CASE("a connection that is made at the deadline of its attempt gets no request") {
  std::atomic<bool> asked{false};
  const RawReceiver receiver{[&](Conversation& peer) {
    if (peer.request()) asked = true;
  }};
  HttpOptions options;
  options.timeout = 50ms;
  TurnedClient client{options};
  client.delay = 60ms;
  const auto outcome = client.attempt(event(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::timeout);
  CHECK(outcome.error == "timed out after 50ms: the connection was made too late for the request");
  CHECK_FALSE(asked);
}

TEST_CASE("where there is no socket nobody waits for one") {
  class Owner final : public SocketOwner {
    void ready(std::uint32_t) override {}
  } owner;
  const auto loop = MultiLoop::open(10).value();
  CHECK(loop->own(-1, owner) == EBADF);
}

TEST_CASE("what was sent is not held in memory when its attempt has ended") {
  constexpr std::size_t bytes = 4 * 1024 * 1024, requests = 16;
  const auto in_use = [] {  // 0 with a sanitizer
    const auto info = ::mallinfo2();
    return info.uordblks + info.hblkhd;
  };
  for (const HttpClient client : {HttpClient::libcurl, HttpClient::direct}) {
    const RawReceiver receiver{[](Conversation& peer) {
      if (peer.request()) peer.send("HTTP/1.1 204 None\r\nConnection: close\r\n\r\n");
    }};
    TransportFixture fixture{{}, {requests, requests}, client};
    const auto before = in_use();
    std::vector<Outgoing> batch;
    for (std::uint64_t ticket = 1; ticket <= requests; ++ticket) {
      batch.push_back(event(receiver.url(), ticket));
      batch.back().payload.assign(bytes, 'x');
    }
    fixture.transport->send(std::move(batch));
    REQUIRE(fixture.reports.wait_for(requests));
    const auto until = std::chrono::steady_clock::now() + 5s;  // for the threads of the receiver
    while (in_use() > before + 3 * bytes && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(10ms);
    CHECK(in_use() <= before + 3 * bytes);
  }
}

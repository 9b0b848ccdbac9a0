#include "delivery/http/http_threads.hpp"

#include "delivery/limited_transport.hpp"
#include "support/collected_reports.hpp"
#include "support/fakes.hpp"
#include "support/network/receiver.hpp"
#include "support/own_resources.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
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

constexpr std::size_t threads = 4;

Receiver::Script answer_after(std::chrono::milliseconds delay) {
  return [delay](const Received&, std::size_t) { return Answer{.delay = delay}; };
}

/// `count` requests to one receiver that count as requests to these hosts in turn. Each has the number of its
/// host as its path.
std::vector<Outgoing> requests(const Receiver& receiver, std::uint64_t first_ticket, std::size_t count,
                               std::vector<std::uint32_t> hosts) {
  std::vector<Outgoing> batch(count);
  for (std::size_t i = 0; i < count; ++i) {
    batch[i].ticket = first_ticket + i;
    batch[i].host = hosts[i % hosts.size()];
    batch[i].url = receiver.url("/" + std::to_string(batch[i].host));
    batch[i].event_id = "evt-" + std::to_string(batch[i].ticket);
    batch[i].payload = "{}";
  }
  return batch;
}

/// Requests by several threads behind the limits of a run.
struct Threads {
  explicit Threads(HttpClient client, const RequestLimits& limits, std::size_t connections_kept = 1'024)
      : limited(limits, reports, clock) {
    HttpOptions options;
    options.client = client;
    options.connections_kept = connections_kept;
    http = start_http(options, threads, limited.for_next(), clock).value();
    link.emplace(limited.lead_to(*http));
  }

  const SystemClock clock;
  CollectedReports reports;
  LimitedTransport limited;
  std::unique_ptr<Transport> http;
  std::optional<LimitedTransport::Link> link;
};

/// The most requests with this path that were open at one time.
std::size_t most_at_once(const std::vector<Received>& received, const std::string& target) {
  std::vector<std::pair<std::chrono::steady_clock::time_point, int>> changes;
  for (const auto& request : received) {
    if (request.target != target) continue;
    changes.emplace_back(request.arrived, 1);
    changes.emplace_back(request.ended, -1);
  }
  std::sort(changes.begin(), changes.end());
  int open = 0, most = 0;
  for (const auto& [when, change] : changes) most = std::max(most, open += change);
  return static_cast<std::size_t>(most);
}

/// Fills the limit of one host, then that of all, and lets the rest follow as it can.
void check_limits(HttpClient client) {
  Receiver receiver{
      [](const Received&, std::size_t) { return Answer{.delay = 2ms, .manner = Answer::Manner::held}; }};
  Threads many{client, {.per_host = 3, .in_all = 8}};
  many.limited.send(requests(receiver, 10'001, 6, {4}));
  REQUIRE(receiver.wait_for(3));
  constexpr std::size_t senders = 3, each = 200;
  const std::vector<std::uint32_t> hosts{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 4, 4, 4, 4, 4};
  std::vector<std::thread> sending;
  for (std::size_t sender = 0; sender < senders; ++sender)
    sending.emplace_back([&, sender] {
      for (std::size_t part = 0; part < 4; ++part)
        many.limited.send(requests(receiver, sender * each + part * each / 4, each / 4, hosts));
    });
  for (auto& sender : sending) sender.join();
  REQUIRE(receiver.wait_for(8));
  receiver.release();
  REQUIRE(many.reports.wait_for(6 + senders * each, 60s));
  for (const auto& report : many.reports.all()) CHECK(report.outcome.status == 200);
  CHECK(receiver.count() == 6 + senders * each);
  CHECK(receiver.most_at_once() == 8);
  CHECK(most_at_once(receiver.received(), "/4") == 3);
  for (std::uint32_t host = 0; host <= 10; ++host)
    CHECK(most_at_once(receiver.received(), "/" + std::to_string(host)) <= 3);
}

/// Sends 8 requests at a time to a host of each thread, one thread after the other. Returns how many
/// connections are open when all are idle, once there are no more than `expected`.
std::size_t idle_after_all(HttpClient client, std::size_t connections_kept, std::size_t expected) {
  const Receiver receiver{answer_after(30ms)};
  const std::size_t before = own_descriptors();
  Threads many{client, {.per_host = 8, .in_all = 8}, connections_kept};
  const std::size_t started = own_descriptors();
  for (std::uint32_t host = 0; host < threads; ++host) {
    auto batch = requests(receiver, host * 8 + 1, 8, {host});
    for (auto& outgoing : batch) outgoing.others_wait = true;  // so that connections are worth keeping
    many.http->send(std::move(batch));
    REQUIRE(many.reports.wait_for((host + 1) * 8));
  }
  CHECK(receiver.connections() == threads * 8);
  const auto connections = [&] {
    return (own_descriptors() - started) / 2;
  };  // both ends are of this process
  comes_down_to(expected, connections);
  const auto open = connections();
  many.link.reset();
  many.http.reset();
  CHECK(descriptors_come_down_to(before));
  return open;
}

/// Threads of this process that make requests.
std::size_t request_threads() {
  std::size_t count = 0;
  for (const auto& thread : std::filesystem::directory_iterator{"/proc/self/task"}) {
    std::ifstream file{thread.path() / "comm"};
    std::string name;
    if (std::getline(file, name) && name == "dispatch-http") ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("one thread makes requests on few cores and at most four do by default") {
  const std::map<std::size_t, std::size_t> expected{{0, 1},  {1, 1},  {2, 1},  {7, 1},  {8, 2},
                                                    {11, 2}, {12, 3}, {16, 4}, {64, 4}, {256, 4}};
  for (const auto& [cores, by_default] : expected) CHECK(http_threads_by_default(cores) == by_default);
}

TEST_CASE("as many threads make requests as are asked for and all of them end") {
  {
    const Receiver receiver;
    Threads many{HttpClient::direct, {}};
    many.limited.send(requests(receiver, 1, 2 * threads, {0, 1, 2, 3}));
    REQUIRE(many.reports.wait_for(2 * threads));  // each of them has begun
    CHECK(request_threads() == threads);
  }
  CHECK(comes_down_to(0, request_threads));
  CollectedReports reports;
  const SystemClock clock;
  HttpOptions contradictory;
  contradictory.proxy = "http://a/";
  contradictory.unix_socket = "/b";
  CHECK_FALSE(start_http(contradictory, threads, reports, clock).has_value());
  CHECK(comes_down_to(0, request_threads));
}

TEST_CASE("several threads keep the limits of each host and of all hosts exactly") {
  SUBCASE("libcurl") {
    check_limits(HttpClient::libcurl);
  }
  SUBCASE("direct") {
    check_limits(HttpClient::direct);
  }
}

TEST_CASE("several threads together keep no more idle connections than one") {
  SUBCASE("direct") {
    CHECK(idle_after_all(HttpClient::direct, 8, 8) <= 8);
  }
  SUBCASE("libcurl keeps an equal share for each in any case") {
    CHECK(idle_after_all(HttpClient::libcurl, 8, 8 + 3 * 2) <= 8 + 3 * 2);
  }
}

TEST_CASE("the end of the transport ends what is under way on every thread") {
  const Receiver receiver{
      [](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; }};
  for (const auto client : {HttpClient::libcurl, HttpClient::direct}) {
    Threads many{client, {.per_host = 5, .in_all = 100}};
    const std::size_t before = receiver.count();
    many.limited.send(requests(receiver, 1, 80, {0, 1, 2, 3, 4, 5, 6, 7}));
    REQUIRE(receiver.wait_for(before + 40));
    many.link.reset();
    many.http.reset();
    const auto reports = many.reports.all();
    REQUIRE(reports.size() == 80);
    std::map<OutcomeKind, int> kinds;
    for (const auto& report : reports) ++kinds[report.outcome.kind];
    CHECK(kinds == std::map<OutcomeKind, int>{{OutcomeKind::unknown, 40}, {OutcomeKind::withdrawn, 40}});
  }
}

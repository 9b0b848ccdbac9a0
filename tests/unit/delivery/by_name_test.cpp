// Receivers that are reached by a name. Each of the tests of the transport runs a second time with names in
// place of addresses (see host_in_urls()); here stands what only names can show.

#include "support/network/names.hpp"
#include "support/network/receiver.hpp"
#include "support/network/tls_receiver.hpp"
#include "unit/delivery/transport_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Duration = std::chrono::steady_clock::duration;

/// Makes this many rounds of requests to `url`, on connections of their own, and gives the time of them all.
Duration rounds(const HttpOptions& options, const std::string& url, std::size_t together, int count) {
  TransportFixture fixture{options};
  const auto start = std::chrono::steady_clock::now();
  for (std::size_t round = 1; round <= static_cast<std::size_t>(count); ++round) {
    std::vector<Outgoing> batch;
    for (std::size_t i = 0; i < together; ++i) batch.push_back(event(url, round * 1000 + i));
    fixture.transport->send(std::move(batch));
    REQUIRE(fixture.reports.wait_for(round * together, 30s));
  }
  const auto took = std::chrono::steady_clock::now() - start;
  for (const auto& report : fixture.reports.all()) {
    INFO(report.outcome.error);
    REQUIRE(report.outcome.status == 200);
  }
  return took;
}

/// Fails where a request by name is made twice, or never takes as long as one by address. What a busy machine
/// adds is not what is looked for: of fifteen tries the best counts. A socket that nobody watches costs all
/// of the 5 s that a request may take.
template <class Count>
void check_no_stall(const HttpOptions& options, const std::string& by_address, const std::string& by_name,
                    const Count& count) {
  for (const std::size_t together : {std::size_t{1}, std::size_t{40}}) {
    CAPTURE(together);
    constexpr int rounds_each = 3;
    auto worse_by = Duration::max();
    for (int tries = 0; tries < 15 && worse_by > 50ms; ++tries) {
      const std::size_t before = count();
      const auto plain = rounds(options, by_address, together, rounds_each);
      const auto named = rounds(options, by_name, together, rounds_each);
      CHECK(count() == before + 2 * rounds_each * together);
      CHECK(named < plain + 2s);
      worse_by = std::min(worse_by, named - plain);
    }
    CHECK(worse_by <= 50ms);
  }
}

}  // namespace

// These two take some seconds of wall time.
TEST_CASE("a receiver reached by name answers as soon as one reached by address") {
  for (const auto delay : {0ms, 20ms, 300ms}) {
    CAPTURE(delay.count());
    const Receiver receiver{[=](const Received&, std::size_t) { return Answer{.delay = delay}; }};
    const auto url = [&](const std::string& host) {
      return "http://" + host + ":" + std::to_string(receiver.port()) + "/";
    };
    check_no_stall({}, url("127.0.0.1"), url(name_of("127.0.0.1")), [&] { return receiver.count(); });
  }
}

TEST_CASE("a receiver reached by name over TLS answers as soon as one reached by address") {
  for (const auto delay : {0ms, 20ms, 300ms}) {
    CAPTURE(delay.count());
    const TlsReceiver receiver{{.status = 200, .answers_after = delay, .keeps_connections = true}};
    const auto url = [&](const std::string& host) {
      return "https://" + host + ":" + std::to_string(receiver.port()) + "/";
    };
    HttpOptions options;
    options.ca_file = receiver.certificate();
    check_no_stall(options, url("127.0.0.1"), url(name_of("127.0.0.1")), [&] { return receiver.count(); });
  }
}

TEST_CASE("a name that leads nowhere is a connect error that names it") {
  const Name name{"nowhere.test", {}};
  TransportFixture fixture;
  const auto outcome = fixture.attempt(event("http://nowhere.test:9/"));
  CHECK(outcome.kind == OutcomeKind::connect_error);
  CHECK(outcome.error.find("nowhere.test") != std::string::npos);
}

TEST_CASE("a look-up that takes too long is a timeout and holds up nobody else") {
  const Receiver receiver;
  Name name{"slow.test", {"127.0.0.1"}};
  name.take(1s);
  HttpOptions options;
  options.timeout = 200ms;
  TransportFixture fixture{options};
  fixture.send(event("http://slow.test:" + std::to_string(receiver.port()) + "/", 1));
  fixture.send(event(receiver.url(), 2));
  CHECK(fixture.outcome(2, 1).status == 200);
  const auto outcome = fixture.outcome(1, 2);
  CHECK(outcome.kind == OutcomeKind::timeout);
  CHECK(outcome.error == "timed out after 200ms, waiting for the address of the host's name");
}

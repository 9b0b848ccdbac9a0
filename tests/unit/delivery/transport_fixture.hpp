#pragma once

#include "delivery/http/http_transport.hpp"
#include "delivery/limited_transport.hpp"
#include "support/collected_reports.hpp"
#include "support/fakes.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

namespace dispatch::delivery {

inline Outgoing event(const std::string& url, std::uint64_t ticket = 1) {
  Outgoing outgoing;
  outgoing.ticket = ticket;
  outgoing.url = url;
  outgoing.event_id = "evt-" + std::to_string(ticket);
  outgoing.payload = R"({"n": 1})";
  return outgoing;
}

/// The client that the tests of the transport run on, once each: the default, or
/// DISPATCH_TEST_HTTP_CLIENT=libcurl.
inline HttpClient client_of_tests() {
  const char* const client = std::getenv("DISPATCH_TEST_HTTP_CLIENT");
  return client != nullptr && std::string_view{client} == "libcurl" ? HttpClient::libcurl
                                                                    : HttpClient::direct;
}

/// The same options for a client.
inline HttpOptions for_client(HttpOptions options, HttpClient client = client_of_tests()) {
  options.client = client;
  return options;
}

/// An HttpTransport behind the limits of a run, and what it reports.
struct TransportFixture {
  explicit TransportFixture(HttpOptions options = {}, const RequestLimits& limits = {1'000, 1'000},
                            HttpClient client = client_of_tests())
      : limited(limits, reports, clock),
        http(HttpTransport::start(for_client(std::move(options), client), limited.for_next(), clock).value()),
        link(limited.lead_to(*http)) {}

  void send(Outgoing outgoing) {
    std::vector<Outgoing> batch;
    batch.push_back(std::move(outgoing));
    limited.send(std::move(batch));
  }

  /// The outcome of one attempt.
  Outcome attempt(Outgoing outgoing) {
    const std::size_t before = reports.count();
    send(std::move(outgoing));
    REQUIRE(reports.wait_for(before + 1));
    return reports.all().back().outcome;
  }

  /// The outcome of the attempt with that ticket, once so many have been reported.
  Outcome outcome(std::uint64_t ticket, std::size_t reported) {
    REQUIRE(reports.wait_for(reported));
    for (const auto& report : reports.all())
      if (report.ticket == ticket) return report.outcome;
    FAIL("no report");
    return {};
  }

  test::ManualClock clock;
  test::CollectedReports reports;
  LimitedTransport limited;
  std::unique_ptr<HttpTransport> http;
  LimitedTransport::Link link;
  Transport* transport = &limited;
};

}  // namespace dispatch::delivery

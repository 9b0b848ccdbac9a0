#include "support/network/http2_receiver.hpp"
#include "support/network/receiver.hpp"
#include "support/network/tls_receiver.hpp"
#include "unit/delivery/transport_fixture.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include <doctest/doctest.h>
#include <nghttp2/nghttp2.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Manner = Http2Reply::Manner;

HttpOptions over_http2(const std::string& ca_file) {
  HttpOptions options;
  options.version = HttpVersion::http2;
  options.ca_file = ca_file;
  return options;
}

HttpOptions over_http2(const Http2Receiver& receiver) {
  return over_http2(receiver.certificate().string());
}

/// A script: the first request is answered in one way, those after it are successes.
Http2Receiver::Script first(const Http2Reply& reply) {
  return [reply](const Http2Received& request, std::size_t) {
    return request.number == 0 ? reply : Http2Reply{};
  };
}

}  // namespace

TEST_CASE("HTTP/2: a request arrives with its fields and its payload and is answered") {
  const Http2Receiver receiver;
  TransportFixture fixture{over_http2(receiver)};
  auto outgoing = event(receiver.url("/hook?a=b"));
  outgoing.entity_id = "order-1";
  const auto outcome = fixture.attempt(outgoing);
  CHECK(outcome.kind == OutcomeKind::answered);
  CHECK(outcome.status == 200);
  CHECK(outcome.protocol_version == "2");
  CHECK(outcome.address == "127.0.0.1");
  CHECK(outcome.timings.connected);
  CHECK(outcome.timings.tls_ready);
  CHECK(outcome.timings.first_byte);
  const auto request = receiver.received().at(0);
  CHECK(request.method == "POST");
  CHECK(request.target == "/hook?a=b");
  CHECK(request.body == outgoing.payload);
  CHECK(request.header(":scheme") == "https");
  CHECK("https://" + request.header(":authority").value() + "/hook?a=b" == outgoing.url);
  CHECK(request.header("content-type") == "application/json");
  CHECK(request.header("content-length") == std::to_string(outgoing.payload.size()));
  CHECK(request.header("accept") == "*/*");
  CHECK(request.header("idempotency-key") == "\"evt-1\"");
  CHECK(request.header("x-dispatch-entity-id") == "order-1");
  CHECK(request.header("x-dispatch-attempt") == "1");
  for (const auto& [name, value] : request.headers)
    CHECK(std::none_of(name.begin(), name.end(), [](char c) { return c >= 'A' && c <= 'Z'; }));
}

TEST_CASE("HTTP/2: what an answer says counts as it does over HTTP/1.1") {
  const Http2Receiver receiver{
      first({.status = 429, .headers = {{"retry-after", "7"}}, .body = std::string(5'000, 'x')})};
  TransportFixture fixture{over_http2(receiver)};
  const auto throttled = fixture.attempt(event(receiver.url()));
  CHECK(throttled.status == 429);
  CHECK(throttled.retry_after == 7s);
  CHECK(throttled.excerpt == std::string(1'024, 'x'));
  CHECK(fixture.attempt(event(receiver.url(), 2)).status == 200);
  CHECK(receiver.connections() == 1);
}

TEST_CASE("HTTP/2: large payloads arrive whole and of endless answers little is read") {
  const Http2Receiver receiver{
      [](const Http2Received&, std::size_t) { return Http2Reply{.body = std::string(10'000'000, 'y')}; }};
  TransportFixture fixture{over_http2(receiver)};
  auto outgoing = event(receiver.url());
  for (int i = 0; i < 300'000; ++i) outgoing.payload += static_cast<char>('a' + i % 26);
  const auto outcome = fixture.attempt(outgoing);
  CHECK(outcome.status == 200);
  CHECK(receiver.received().at(0).body == outgoing.payload);
  CHECK(fixture.attempt(event(receiver.url(), 2)).status == 200);
  CHECK(receiver.connections() == 1);
}

TEST_CASE("HTTP/2: an answer whose headers are too long is broken and the connection goes on") {
  const Http2Receiver receiver{first({.headers = {{"x-long", std::string(3'000, 'x')}}})};
  auto options = over_http2(receiver);
  options.headers_most = 2'000;
  TransportFixture fixture{options};
  const auto outcome = fixture.attempt(event(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::broken);
  CHECK(outcome.error == "the answer's headers are longer than 2000 bytes");
  CHECK(fixture.attempt(event(receiver.url(), 2)).status == 200);
  CHECK(receiver.connections() == 1);
}

TEST_CASE("HTTP/2: requests at a time share one connection") {
  Http2Receiver receiver{
      [](const Http2Received&, std::size_t) { return Http2Reply{.manner = Manner::held}; }};
  TransportFixture fixture{over_http2(receiver)};
  for (std::uint64_t i = 1; i <= 100; ++i) fixture.send(event(receiver.url(), i));
  REQUIRE(receiver.wait_for(100));
  CHECK(receiver.most_at_once() == 100);
  receiver.release();
  REQUIRE(fixture.reports.wait_for(100));
  CHECK(receiver.connections() == 1);
  for (const auto& report : fixture.reports.all()) CHECK(report.outcome.status == 200);
}

TEST_CASE("HTTP/2: a server that lets a connection have few streams gets more connections and refuses none") {
  Http2Receiver receiver{[](const Http2Received&, std::size_t) { return Http2Reply{.manner = Manner::held}; },
                         {.streams_most = 10}};
  TransportFixture fixture{over_http2(receiver)};
  for (std::uint64_t i = 1; i <= 50; ++i) fixture.send(event(receiver.url(), i));
  REQUIRE(receiver.wait_for(50));
  CHECK(receiver.connections() == 5);
  receiver.release();
  REQUIRE(fixture.reports.wait_for(50));
  for (std::uint64_t i = 51; i <= 100; ++i) fixture.send(event(receiver.url(), i));
  REQUIRE(fixture.reports.wait_for(100));
  CHECK(receiver.connections() == 5);
  CHECK(receiver.count() == 100);
  for (const auto& report : fixture.reports.all()) CHECK(report.outcome.status == 200);
}

TEST_CASE("HTTP/2: each stream counts at the limit of its host") {
  const Http2Receiver receiver{[](const Http2Received&, std::size_t) { return Http2Reply{.delay = 2ms}; }};
  TransportFixture fixture{over_http2(receiver), {.per_host = 7, .in_all = 1'000}};
  for (std::uint64_t i = 1; i <= 100; ++i) fixture.send(event(receiver.url(), i));
  REQUIRE(fixture.reports.wait_for(100));
  CHECK(receiver.most_at_once() == 7);
  CHECK(receiver.connections() == 1);
}

TEST_CASE("HTTP/2: a server that speaks HTTP/1.1 only is asked that way and not offered HTTP/2 again") {
  const TlsReceiver receiver{{.status = 200, .keeps_connections = true}};
  TransportFixture fixture{over_http2(receiver.certificate().string())};
  for (std::uint64_t i = 1; i <= 5; ++i) fixture.send(event(receiver.url(), i));
  REQUIRE(fixture.reports.wait_for(5));
  CHECK(fixture.attempt(event(receiver.url(), 6)).status == 200);
  for (const auto& report : fixture.reports.all()) CHECK(report.outcome.status == 200);
  CHECK(receiver.count() == 6);
  CHECK(receiver.handshakes() <= 6);
}

TEST_CASE("HTTP/2: plain http stays with HTTP/1.1") {
  const Receiver receiver;
  TransportFixture fixture{over_http2("")};
  CHECK(fixture.attempt(event(receiver.url())).status == 200);
  CHECK_FALSE(receiver.received().at(0).header("upgrade"));
}

TEST_CASE("HTTP/2: a server whose certificate nobody trusts gets no request") {
  const Http2Receiver receiver;
  const TlsReceiver trusted;  // the system's authorities take long to read
  TransportFixture fixture{over_http2(trusted.certificate().string())};
  for (std::uint64_t i = 1; i <= 5; ++i) fixture.send(event(receiver.url(), i));
  REQUIRE(fixture.reports.wait_for(5));
  for (const auto& report : fixture.reports.all()) {
    CHECK(report.outcome.kind == OutcomeKind::connect_error);
    CHECK(report.outcome.error.find("is not trusted") != std::string::npos);
  }
  CHECK(receiver.count() == 0);
}

TEST_CASE("HTTP/2: a request that the server refused is made again and that is one attempt") {
  const Http2Receiver receiver{first({.manner = Manner::reset, .code = NGHTTP2_REFUSED_STREAM})};
  TransportFixture fixture{over_http2(receiver)};
  const auto outcome = fixture.attempt(event(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::answered);
  CHECK(outcome.status == 200);
  CHECK(receiver.count() == 2);
  CHECK(fixture.reports.count() == 1);
}

TEST_CASE("HTTP/2: a request above the last stream of a GOAWAY is made again and the others are not") {
  // Of three under way the server has processed the first; it says so and leaves once that is answered.
  const Http2Receiver receiver{[](const Http2Received& request, std::size_t) {
    if (request.connection > 0) return Http2Reply{};
    if (request.stream < 5)
      return Http2Reply{.manner = request.stream == 1 ? Manner::answered : Manner::ignored, .delay = 50ms};
    return Http2Reply{.manner = Manner::ignored, .last_stream = 1};
  }};
  TransportFixture fixture{over_http2(receiver)};
  for (std::uint64_t i = 1; i <= 3; ++i) fixture.send(event(receiver.url(), i));
  REQUIRE(fixture.reports.wait_for(3));
  for (const auto& report : fixture.reports.all()) CHECK(report.outcome.status == 200);
  CHECK(receiver.count() == 5);
  CHECK(receiver.connections() == 2);
  for (const auto& request : receiver.received())
    CHECK((request.connection == 0 || request.header("idempotency-key") != "\"evt-1\""));
}

TEST_CASE("HTTP/2: a GOAWAY for a single request and the end of the connection cost no attempt") {
  const Http2Receiver receiver{first({.manner = Manner::ignored, .last_stream = 0, .closes = true})};
  TransportFixture fixture{over_http2(receiver)};
  CHECK(fixture.attempt(event(receiver.url())).status == 200);
  CHECK(receiver.count() == 2);
  CHECK(receiver.connections() == 2);
}

TEST_CASE("HTTP/2: a server that refuses for ever is asked a few times and then the attempt has failed") {
  const Http2Receiver receiver{[](const Http2Received&, std::size_t) {
    return Http2Reply{.manner = Manner::reset, .code = NGHTTP2_REFUSED_STREAM};
  }};
  TransportFixture fixture{over_http2(receiver)};
  const auto outcome = fixture.attempt(event(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::broken);
  CHECK(outcome.error == "the server refused the request 6 times and did not process it");
  CHECK(receiver.count() == 6);
}

TEST_CASE("HTTP/2: a request that may have been processed is not made again") {
  const auto outcome_of = [](const Http2Reply& reply) {
    const Http2Receiver receiver{first(reply)};
    TransportFixture fixture{over_http2(receiver)};
    auto outcome = fixture.attempt(event(receiver.url()));
    CHECK(outcome.kind == OutcomeKind::broken);
    CHECK(receiver.count() == 1);
    CHECK(fixture.attempt(event(receiver.url(), 2)).status == 200);
    return outcome.error;
  };
  CHECK(outcome_of({.manner = Manner::reset, .code = NGHTTP2_INTERNAL_ERROR}) ==
        "the server reset the stream: INTERNAL_ERROR");
  CHECK(outcome_of({.manner = Manner::reset, .code = NGHTTP2_CANCEL}) ==
        "the server reset the stream: CANCEL");
  CHECK(outcome_of({.manner = Manner::reset, .code = NGHTTP2_NO_ERROR}) ==
        "the server ended the stream without an answer");
  CHECK(outcome_of({.manner = Manner::ignored, .closes = true}) ==
        "the server closed the connection without an answer");
  CHECK(outcome_of({.manner = Manner::ignored, .last_stream = 1, .closes = true}) ==
        "the server closed the connection without an answer");
  CHECK(outcome_of({.manner = Manner::ignored, .last_stream = 2'147'483'647, .closes = true}) ==
        "the server closed the connection without an answer");
}

TEST_CASE("HTTP/2: a server that wants HTTP/1.1 for a request is offered nothing else after it") {
  const Http2Receiver receiver{first({.manner = Manner::reset, .code = NGHTTP2_HTTP_1_1_REQUIRED})};
  TransportFixture fixture{over_http2(receiver)};
  const auto outcome = fixture.attempt(event(receiver.url()));
  CHECK(outcome.error == "the server wants HTTP/1.1 for this request (HTTP_1_1_REQUIRED)");
  const auto next = fixture.attempt(event(receiver.url(), 2));
  CHECK(next.kind == OutcomeKind::connect_error);  // this one speaks nothing but HTTP/2
  CHECK(receiver.count() == 1);
}

TEST_CASE("HTTP/2: a request that is not answered in time ends alone") {
  const Http2Receiver receiver{[](const Http2Received& request, std::size_t) {
    return request.number == 0 ? Http2Reply{.manner = Manner::ignored} : Http2Reply{.delay = 100ms};
  }};
  auto options = over_http2(receiver);
  options.timeout = 300ms;
  TransportFixture fixture{options};
  fixture.send(event(receiver.url(), 1));
  REQUIRE(receiver.wait_for(1));
  fixture.send(event(receiver.url(), 2));
  const auto late = fixture.outcome(1, 2);
  CHECK(late.kind == OutcomeKind::timeout);
  CHECK(late.error == "timed out after 300ms, waiting for an answer");
  CHECK(fixture.outcome(2, 2).status == 200);
  CHECK(fixture.attempt(event(receiver.url(), 3)).status == 200);
  CHECK(receiver.connections() == 1);
}

TEST_CASE("HTTP/2: a connection on which nothing more comes is given up with the request that timed out") {
  const Http2Receiver receiver{[](const Http2Received& request, std::size_t) {
    return Http2Reply{.manner = request.connection == 0 ? Manner::ignored : Manner::answered};
  }};
  auto options = over_http2(receiver);
  options.timeout = 200ms;
  TransportFixture fixture{options};
  CHECK(fixture.attempt(event(receiver.url(), 1)).kind == OutcomeKind::timeout);
  fixture.send(event(receiver.url(), 2));
  REQUIRE(fixture.reports.wait_for(2));
  fixture.attempt(event(receiver.url(), 3));
  CHECK(receiver.connections() >= 2);
  CHECK(fixture.attempt(event(receiver.url(), 4)).status == 200);
}

TEST_CASE("HTTP/2: what waits for the server's settings ends at its timeout") {
  const Http2Receiver receiver{[](const Http2Received&, std::size_t) { return Http2Reply{}; },
                               {.settings_after = 10s}};
  auto options = over_http2(receiver);
  options.timeout = 200ms;
  TransportFixture fixture{options};
  for (std::uint64_t i = 1; i <= 3; ++i) fixture.send(event(receiver.url(), i));
  REQUIRE(fixture.reports.wait_for(3));
  for (const auto& report : fixture.reports.all()) CHECK(report.outcome.kind == OutcomeKind::timeout);
}

TEST_CASE("HTTP/2: an idle connection serves later requests and a new one resumes its TLS session") {
  const Http2Receiver receiver{[](const Http2Received& request, std::size_t) {
    return request.number == 1 ? Http2Reply{.last_stream = request.stream} : Http2Reply{};
  }};
  TransportFixture fixture{over_http2(receiver)};
  CHECK(fixture.attempt(event(receiver.url(), 1)).status == 200);
  CHECK(fixture.attempt(event(receiver.url(), 2)).status == 200);
  CHECK(receiver.connections() == 1);
  CHECK(fixture.attempt(event(receiver.url(), 3)).status == 200);
  CHECK(receiver.connections() == 2);
  CHECK(receiver.resumed() == 1);
}

TEST_CASE("HTTP/2: subscriptions for public addresses only are not served by a connection of others") {
  const Http2Receiver receiver;
  TransportFixture fixture{over_http2(receiver)};
  CHECK(fixture.attempt(event(receiver.url(), 1)).status == 200);
  auto outgoing = event(receiver.url(), 2);
  auto subscription = std::make_shared<Subscription>();
  subscription->id = "guarded";
  subscription->deny_private = true;
  outgoing.subscription = subscription;
  const auto outcome = fixture.attempt(outgoing);
  CHECK(outcome.kind == OutcomeKind::refused);
  CHECK(outcome.error.find("public addresses only") != std::string::npos);
  CHECK(receiver.count() == 1);
}

TEST_CASE("HTTP/2: a version of HTTP is 1.1 or 2") {
  CHECK(parse_http_version("1.1") == HttpVersion::http1);
  CHECK(parse_http_version("2") == HttpVersion::http2);
  for (const char* wrong : {"", "1", "1.0", "2.0", "3", "http2", " 2", "2 "}) {
    CAPTURE(wrong);
    const auto version = parse_http_version(wrong);
    REQUIRE_FALSE(version);
    CHECK(version.error().failure == Failure::usage);
    CHECK(version.error().message == "'" + std::string{wrong} + "' is neither 1.1 nor 2");
  }
}

// What the direct client sends is what libcurl sends, byte for byte, first on a new connection and then on a
// kept one.

#include "support/network/loopback.hpp"
#include "support/network/names.hpp"
#include "unit/delivery/transport_fixture.hpp"

#include <array>
#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;

namespace {

/// Takes the bytes of requests as they come, and answers each.
class Recorder {
 public:
  std::string url(const std::string& rest) const {
    return "http://" + host_in_urls("127.0.0.1") + ":" + std::to_string(port_of(listener_)) + rest;
  }

  /// The next request, of which `body_bytes` are the body.
  std::string next(std::size_t body_bytes) {
    std::string request;
    std::size_t head = std::string::npos;
    while (head == std::string::npos || request.size() < head + 4 + body_bytes) {
      if (!connection_) {
        wait(listener_);
        connection_ = accept_at(listener_);
        ++connections;
        continue;
      }
      wait(connection_);
      std::array<char, 4096> bytes{};
      const auto got = ::recv(connection_.get(), bytes.data(), bytes.size(), 0);
      if (got <= 0) {  // the client has closed it
        connection_ = Fd{};
        continue;
      }
      request.append(bytes.data(), static_cast<std::size_t>(got));
      head = request.find("\r\n\r\n");
    }
    constexpr std::string_view answer = "HTTP/1.1 204 None\r\n\r\n";
    ::send(connection_.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    return request;
  }

  int connections = 0;

 private:
  static void wait(const Fd& socket) {
    pollfd watched{socket.get(), POLLIN, 0};
    REQUIRE(::poll(&watched, 1, 5'000) > 0);
  }
  const Fd listener_ = listen_at("127.0.0.1", 0);
  Fd connection_;
};

/// The bytes of two requests, one after the other.
std::vector<std::string> sent_by(HttpClient client, Recorder& recorder, const Outgoing& outgoing) {
  TransportFixture fixture{{}, {1'000, 1'000}, client};
  std::vector<std::string> requests;
  recorder.connections = 0;
  for (std::uint64_t ticket = 1; ticket <= 2; ++ticket) {
    auto copy = outgoing;
    copy.ticket = ticket;
    fixture.send(std::move(copy));
    requests.push_back(recorder.next(outgoing.payload.size()));
    CHECK(fixture.outcome(ticket, ticket).status == 204);
  }
  CHECK(recorder.connections == 1);
  return requests;
}

void check_same(const Outgoing& outgoing, Recorder& recorder) {
  CAPTURE(outgoing.url);
  const auto wanted = sent_by(HttpClient::libcurl, recorder, outgoing);
  const auto sent = sent_by(HttpClient::direct, recorder, outgoing);
  CHECK(sent == wanted);
  CHECK(sent.at(0).starts_with("POST /"));
  CHECK(sent.at(0).ends_with("\r\n\r\n" + outgoing.payload));
}

}  // namespace

TEST_CASE("the direct client asks for the same targets as libcurl") {
  Recorder recorder;
  for (const char* rest : {"", "/", "/hook", "/hook?x=1&y=%20z", "/a//b/", "/a/./b/../c", "/a/../../b", "/?",
                           "/hook#part", "?query", "/%7Euser/%2e%2E/x", "/;a=b,c:d@e", "/a?b?c#d?e", "//x"})
    check_same(event(recorder.url(rest)), recorder);
}

TEST_CASE("the direct client sends the same header fields as libcurl") {
  Recorder recorder;
  auto outgoing = event(recorder.url("/hook"));
  for (const char* headers :
       {R"({})", R"({"X-None":"","Accept":"text/plain"})", R"({"accept":"","Cookie":"a=b; c=d"})",
        R"({"Authorization":"Bearer abc","Content-Type":"text/plain; charset=utf-8"})",
        R"({"X-Spaces":" a\tb ","X-Control":"a\r\nb","X Name:":"x","Referer":"y","Range":"bytes=0-"})",
        R"({"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"})"}) {
    CAPTURE(headers);
    outgoing.headers = headers;
    check_same(outgoing, recorder);
  }
}

TEST_CASE("the direct client sends the same bodies as libcurl") {
  Recorder recorder;
  auto outgoing = event(recorder.url("/hook"));
  for (const std::size_t size : {0UL, 1UL, 4'095UL, 4'096UL, 4'097UL, 70'000UL, 1'500'000UL}) {
    CAPTURE(size);
    outgoing.payload.assign(size, '\0');
    for (std::size_t i = 0; i < size; ++i) outgoing.payload[i] = static_cast<char>(i * 7 + i / 251);
    check_same(outgoing, recorder);
  }
}

TEST_CASE("the direct client signs the same as libcurl's requests") {
  Recorder recorder;
  auto outgoing = event(recorder.url("/hook"));
  auto subscription = std::make_shared<Subscription>();
  subscription->id = "s";
  subscription->headers = R"({"X-Own":"1"})";
  subscription->body = BodyMode::binary;
  outgoing.subscription = subscription;
  outgoing.type = "order.created";
  outgoing.attempt = 3;
  outgoing.generation = 2;
  check_same(outgoing, recorder);
}

// TLS below the direct client says things of its own: tickets, new keys, another handshake. None of them may
// make the loop spin, be taken for an answer, or end a connection that could be used again.

#include "support/network/tls_receiver.hpp"
#include "unit/delivery/transport_fixture.hpp"
#include "unit/delivery/turned_client.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <utility>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

HttpOptions trusting(const TlsReceiver& receiver) {
  HttpOptions options;
  options.ca_file = receiver.certificate();
  return options;
}

const std::string answer_of_tls = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

}  // namespace

TEST_CASE("tickets and new keys between answers cost few turns and end no connection") {
  const TlsReceiver receiver{{.talk = [](TlsConversation& peer) {
    while (peer.request()) {
      peer.send(answer_of_tls);
      for (int i = 0; i < 5; ++i) {
        peer.rest(10);
        peer.send_ticket();
        peer.update_keys();
      }
    }
  }}};
  TurnedClient client{trusting(receiver)};
  for (std::uint64_t ticket = 1; ticket <= 3; ++ticket) {
    CHECK(client.attempt(event(receiver.url(), ticket)).status == 200);
    CHECK(client.turn_for(150ms) <= 30);
  }
  CHECK(receiver.connections() == 1);
}

TEST_CASE("an idle connection that begins to renegotiate is closed") {
  const TlsReceiver receiver{{.version_most = TLS1_2_VERSION, .talk = [](TlsConversation& peer) {
                                while (peer.request()) {
                                  peer.send(answer_of_tls);
                                  peer.rest(10);
                                  peer.ask_to_renegotiate();
                                }
                              }}};
  TurnedClient client{trusting(receiver)};
  for (std::uint64_t ticket = 1; ticket <= 2; ++ticket) {
    CHECK(client.attempt(event(receiver.url(), ticket)).status == 200);
    CHECK(client.turn_for(150ms) <= 10);
    CHECK(receiver.connections() == ticket);
  }
}

TEST_CASE("a server may renegotiate before it answers") {
  for (const std::size_t bytes : {std::size_t{10}, std::size_t{3'000'000}})
    for (const bool early : {true, false}) {
      CAPTURE(bytes);
      CAPTURE(early);
      std::atomic<std::size_t> taken{0};
      const TlsReceiver receiver{{.version_most = TLS1_2_VERSION, .talk = [&](TlsConversation& peer) {
                                    if (early) peer.ask_to_renegotiate();
                                    const auto request = peer.request();
                                    if (!request) return;
                                    taken = request->body.size();
                                    if (!early) peer.renegotiate();
                                    peer.rest(50);
                                    peer.send(answer_of_tls);
                                    peer.linger();
                                  }}};
      TurnedClient client{trusting(receiver)};
      auto outgoing = event(receiver.url());
      outgoing.payload.assign(bytes, 'x');
      const auto outcome = client.attempt(std::move(outgoing));
      CHECK(outcome.status == 200);
      INFO(outcome.error);
      CHECK(taken == bytes);
      CHECK(client.turns() < 1'000);
    }
}

TEST_CASE("a connection of TLS 1.2 and of TLS 1.3 is kept") {
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const TlsReceiver receiver{{.version_most = version, .talk = [](TlsConversation& peer) {
                                  while (peer.request()) peer.send(answer_of_tls);
                                }}};
    TransportFixture fixture{trusting(receiver), {1'000, 1'000}, HttpClient::direct};
    for (std::uint64_t ticket = 1; ticket <= 5; ++ticket)
      CHECK(fixture.attempt(event(receiver.url(), ticket)).status == 200);
    CHECK(receiver.connections() == 1);
  }
}

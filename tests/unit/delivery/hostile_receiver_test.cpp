// Receivers that misbehave in the ways TCP and HTTP allow. Whatever one does to an attempt: it ends in time
// and in one report, which says what happened; it is answered only where an answer came for it; another host
// does not notice; and the next request to the same receiver is judged by its own answer.

#include "support/network/raw_receiver.hpp"
#include "support/network/receiver.hpp"
#include "support/network/tls_receiver.hpp"
#include "unit/delivery/transport_fixture.hpp"

#include <atomic>
#include <initializer_list>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds timeout{300};
/// Nothing else answers so: whoever is judged by it was answered by `honest`.
constexpr int honest_status = 202;
/// What sockets on loopback may hold between two processes of which one no longer reads.
constexpr std::size_t in_sockets_most = 16 * 1024 * 1024;

/// With a timeout that ends soon.
HttpOptions impatient() {
  HttpOptions options;
  options.timeout = timeout;
  return options;
}

/// Answers every request that still comes, properly.
void honest(Conversation& peer) {
  while (peer.request())
    if (!peer.send(answer_head(honest_status, {}, 0))) return;
}

/// A request is read and answered with these bytes.
RawReceiver::Talk says(std::string bytes) {
  return [bytes = std::move(bytes)](Conversation& peer) {
    if (peer.request() && peer.send(bytes)) honest(peer);
  };
}

/// The same, and the connection ends with them.
RawReceiver::Talk says_and_closes(std::string bytes) {
  return [bytes = std::move(bytes)](Conversation& peer) {
    if (peer.request()) peer.send(bytes);
  };
}

struct Hostile {
  std::string how;
  RawReceiver::Talk talk;  ///< on its first connection
  OutcomeKind kind;
  int status;
  const char* words;  ///< stand in the error
  enum class After { dropped, kept, either } connection = After::dropped;
};

/// Lets `hostile` have an event, an honest receiver another one beside it, and `hostile` one more.
void meet(const Hostile& hostile) {
  CAPTURE(hostile.how);
  const RawReceiver receiver{[&](Conversation& peer) {
    if (peer.number() == 0)
      hostile.talk(peer);
    else
      honest(peer);
  }};
  const Receiver other{[](const Received&, std::size_t) { return Answer{}; }, "127.0.0.2"};
  TransportFixture fixture{impatient()};
  fixture.send(event(receiver.url(), 1));
  fixture.send(event(other.url(), 2));
  const auto first = fixture.outcome(1, 2);
  CHECK(first.kind == hostile.kind);
  CHECK(first.status == hostile.status);
  INFO(first.error);
  CHECK(first.error.find(hostile.words) != std::string::npos);
  CHECK((first.kind == OutcomeKind::answered) == first.error.empty());
  CHECK(first.took < timeout + 5s);
  CHECK(fixture.outcome(2, 2).status == 200);

  fixture.send(event(receiver.url(), 3));
  const auto next = fixture.outcome(3, 3);
  INFO(next.error);
  CHECK(next.status == honest_status);
  using After = Hostile::After;
  if (hostile.connection != After::either)
    CHECK(receiver.connections() == (hostile.connection == After::kept ? 1 : 2));
  CHECK(fixture.reports.count() == 3);
}

using Kind = OutcomeKind;
using After = Hostile::After;

std::string repeated(std::size_t times, const std::string& text) {
  std::string all;
  for (std::size_t i = 0; i < times; ++i) all += text;
  return all;
}

}  // namespace

TEST_CASE("hostile: a connection that ends too early is broken or unreachable and says so") {
  for (const Hostile& hostile : std::initializer_list<Hostile>{
           {"closes with the request unread", [](Conversation& peer) { peer.first_bytes(); }, Kind::broken, 0,
            ""},
           {"closes after the request", says_and_closes(""), Kind::broken, 0,
            "closed the connection without an answer"},
           {"resets after the request",
            [](Conversation& peer) {
              peer.request();
              peer.reset();
            },
            Kind::broken, 0, "the server reset the connection"},
           {"closes in the status line", says_and_closes("HTTP/1.1 20"), Kind::broken, 0, ""},
           {"closes in the headers", says_and_closes("HTTP/1.1 200 OK\r\nContent-Le"), Kind::broken, 0, ""},
           {"closes after an announcement", says_and_closes("HTTP/1.1 100 Continue\r\n\r\n"), Kind::broken, 0,
            ""},
           {"closes in the body", says_and_closes("HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nbody"),
            Kind::answered, 500, ""},
           {"resets in the body",
            [](Conversation& peer) {
              peer.request();
              peer.send("HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nbody");
              peer.reset();
            },
            Kind::answered, 500, ""},
           {"closes in a chunk",
            says_and_closes("HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nbody"), Kind::answered,
            500, ""},
       })
    meet(hostile);
}

TEST_CASE("hostile: a server that ends connections as it accepts them gets no request or breaks it") {
  for (const bool resets : {false, true}) {
    const RawReceiver receiver{[=](Conversation& peer) {
      if (resets) peer.reset();
    }};
    TransportFixture fixture{impatient()};
    fixture.send(event(receiver.url(), 1));
    const auto outcome = fixture.outcome(1, 1);
    CHECK((outcome.kind == OutcomeKind::broken || outcome.kind == OutcomeKind::connect_error));
    CHECK_FALSE(outcome.error.empty());
  }
}

TEST_CASE("hostile: what is no answer is never a success") {
  for (const Hostile& hostile : std::initializer_list<Hostile>{
           {"HTTP/0.9", says_and_closes("hello\n"), Kind::broken, 0, "does not speak HTTP/1.1"},
           {"another protocol", says_and_closes("220 mail.example ESMTP\r\n"), Kind::broken, 0, ""},
           {"the preface of HTTP/2", says_and_closes(std::string{"\0\0\x12\4\0\0\0\0\0", 9}), Kind::broken, 0,
            ""},
           {"an answer of HTTP/2 in plain", says("HTTP/2 200\r\ncontent-length: 0\r\n\r\n"), Kind::broken, 0,
            ""},
           {"an answer of HTTP/3.7", says("HTTP/3.7 200 OK\r\nContent-Length: 0\r\n\r\n"), Kind::broken, 0,
            ""},
           {"status 000", says("HTTP/1.1 000 Zero\r\nContent-Length: 0\r\n\r\n"), Kind::broken, 0, ""},
           {"a negative status", says("HTTP/1.1 -20 OK\r\nContent-Length: 0\r\n\r\n"), Kind::broken, 0, ""},
           {"no status", says("HTTP/1.1 OK\r\nContent-Length: 0\r\n\r\n"), Kind::broken, 0, ""},
           {"a status of four digits", says("HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"), Kind::broken, 0,
            ""},
           {"a status that runs into its reason", says("HTTP/1.1 200OK\r\nContent-Length: 0\r\n\r\n"),
            Kind::broken, 0, "status line"},
           {"a switch of protocols", says("HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\n\r\n"), Kind::broken, 0,
            "switched protocols"},
           {"a NUL in the headers",
            says(std::string{"HTTP/1.1 200 OK\r\nX: \0\r\nContent-Length: 0\r\n\r\n", 44}), Kind::broken, 0,
            ""},
           {"a length that is negative", says("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"), Kind::broken,
            0, "Content-Length"},
           {"a length that is no number", says("HTTP/1.1 200 OK\r\nContent-Length: much\r\n\r\n"),
            Kind::broken, 0, "Content-Length"},
           {"status 999", says("HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n"), Kind::answered, 999, "",
            After::kept},
           {"HTTP/1.0", says_and_closes("HTTP/1.0 500 Old\r\n\r\nbody"), Kind::answered, 500, ""},
           {"HTTP/1.0 that claims to be kept", says("HTTP/1.0 500 Old\r\nContent-Length: 0\r\n\r\n"),
            Kind::answered, 500, ""},
       })
    meet(hostile);
}

TEST_CASE("hostile: too much of anything is cut off") {
  const std::string megabyte(1024 * 1024, 'x');
  const std::string ok = "HTTP/1.1 200 OK\r\n";
  for (const Hostile& hostile : std::initializer_list<Hostile>{
           {"a status line of 1 MB", says("HTTP/1.1 200 " + megabyte + "\r\n\r\n"), Kind::broken, 0,
            "longer than"},
           {"a header of 1 MB", says(ok + "X: " + megabyte + "\r\nContent-Length: 0\r\n\r\n"), Kind::broken,
            0, "longer than"},
           {"10,000 headers", says(ok + repeated(10'000, "X-A: abc\r\n") + "Content-Length: 0\r\n\r\n"),
            Kind::broken, 0, "longer than"},
           {"10,000 announcements", says(repeated(10'000, "HTTP/1.1 103 Early\r\n\r\n") + ok + "\r\n"),
            Kind::broken, 0, "longer than"},
           {"headers without end",
            [&](Conversation& peer) {
              peer.request();
              peer.send(ok);
              CHECK(peer.send_for_ever("X-A: abc\r\n") < in_sockets_most);
            },
            Kind::broken, 0, "longer than"},
           {"announcements without end",
            [](Conversation& peer) {
              peer.request();
              CHECK(peer.send_for_ever("HTTP/1.1 100 Continue\r\n\r\n") < in_sockets_most);
            },
            Kind::broken, 0, "longer than"},
           {"a body without end",
            [&](Conversation& peer) {
              peer.request();
              peer.send("HTTP/1.1 500 No\r\n\r\n");
              CHECK(peer.send_for_ever(megabyte) < in_sockets_most);
            },
            Kind::answered, 500, ""},
           {"a success with a body of 100 MB",
            [&](Conversation& peer) {
              peer.request();
              peer.send(ok + "Content-Length: 104857600\r\n\r\n");
              CHECK(peer.send_for_ever(megabyte) < in_sockets_most);
            },
            Kind::answered, 200, ""},
           {"chunks without end",
            [&](Conversation& peer) {
              peer.request();
              peer.send(ok + "Transfer-Encoding: chunked\r\n\r\n");
              CHECK(peer.send_for_ever("5;a=b\r\nhello\r\n") < in_sockets_most);
            },
            Kind::answered, 200, ""},
           {"trailers without end",
            [&](Conversation& peer) {
              peer.request();
              peer.send(ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n");
              CHECK(peer.send_for_ever("X-T: abc\r\n") < in_sockets_most);
            },
            Kind::answered, 200, ""},
           {"a length beyond all numbers",
            says_and_closes(ok + "Content-Length: 99999999999999999999999\r\n\r\nx"), Kind::answered, 200,
            ""},
       })
    meet(hostile);
}

TEST_CASE("hostile: what takes too long ends at the timeout") {
  for (const Hostile& hostile : std::initializer_list<Hostile>{
           {"no answer", [](Conversation& peer) { peer.linger(); }, Kind::timeout, 0, "imed out"},
           {"an announcement and no answer",
            [](Conversation& peer) {
              peer.request();
              peer.send("HTTP/1.1 100 Continue\r\n\r\n");
              peer.linger();
            },
            Kind::timeout, 0, "imed out"},
           {"announcements now and then",
            [](Conversation& peer) {
              peer.request();
              peer.send_for_ever("HTTP/1.1 102 Processing\r\n\r\n", 50);
            },
            Kind::timeout, 0, "imed out"},
           {"a byte at a time",
            [](Conversation& peer) {
              peer.request();
              peer.drip("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 100);
            },
            Kind::timeout, 0, "imed out"},
           {"an answer after the timeout",
            [](Conversation& peer) {
              peer.request();
              peer.linger();
              peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            },
            Kind::timeout, 0, "imed out"},
           {"a body that never comes",
            [](Conversation& peer) {
              peer.request();
              peer.send("HTTP/1.1 500 No\r\nContent-Length: 5\r\n\r\n");
              peer.linger();
            },
            Kind::answered, 500, ""},
       })
    meet(hostile);
}

TEST_CASE("hostile: an answer of a strange shape counts for what it says") {
  const std::string no = "HTTP/1.1 500 No\r\n";
  for (const Hostile& hostile : std::initializer_list<Hostile>{
           {"announcements first",
            says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nA: b\r\n\r\n" + no +
                 "Content-Length: 0\r\n\r\n"),
            Kind::answered, 500, "", After::kept},
           {"folded headers", says(no + "X-A: a\r\n  b\r\n\tc\r\nContent-Length: 0\r\n\r\n"), Kind::answered,
            500, "", After::either},
           {"bare newlines", says("HTTP/1.1 500 No\nContent-Length: 0\n\n"), Kind::answered, 500, "",
            After::either},
           {"chunks with extensions and trailers",
            says(no + "Transfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n0\r\nX-T: 1\r\n\r\n"),
            Kind::answered, 500, "", After::kept},
           {"a chunk of a bad size", says(no + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
            Kind::answered, 500, ""},
           {"a chunk of a negative size",
            says(no + "Transfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n0\r\n\r\n"), Kind::answered, 500, ""},
           {"a chunk of a size beyond all numbers",
            says(no + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\nabc"), Kind::answered, 500,
            ""},
           {"two lengths that differ",
            says_and_closes(no + "Content-Length: 5\r\nContent-Length: 2\r\n\r\nhello"), Kind::answered, 500,
            ""},
           {"a length and chunks",
            says(no + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), Kind::answered,
            500, "", After::either},
           {"gzip that nobody asked for",
            says(no + "Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08"), Kind::answered, 500,
            "", After::kept},
           {"a redirect to itself", says("HTTP/1.1 307 There\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
            Kind::answered, 307, "", After::kept},
           {"a redirect to a file",
            says("HTTP/1.1 301 There\r\nLocation: file:///etc/passwd\r\n"
                 "Content-Length: 0\r\n\r\n"),
            Kind::answered, 301, "", After::kept},
           {"a redirect to nonsense",
            says("HTTP/1.1 302 There\r\nLocation: ://[\r\nContent-Length: 0\r\n\r\n"), Kind::answered, 302,
            "", After::kept},
           {"a demand for credentials",
            says("HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n"), Kind::answered,
            401, "", After::kept},
           {"a refusal before the request is whole",
            [](Conversation& peer) {
              peer.first_bytes();
              peer.send("HTTP/1.1 413 Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
              peer.linger();
            },
            Kind::answered, 413, ""},
       })
    meet(hostile);
}

TEST_CASE("hostile: a head that begins with a folded line is no answer and harms nobody") {
  // libcurl 7.88 would write to the last header line of the answer before, whose memory it has freed.
  const RawReceiver receiver{[](Conversation& peer) {
    const std::string field = "X-Filler: " + std::string(200 + peer.number(), 'x') + "\r\n";
    if (!peer.request() || !peer.send("HTTP/1.1 200 OK\r\n" + field + "Content-Length: 0\r\n\r\n")) return;
    if (peer.request()) peer.send("HTTP/1.1 200 OK\r\n X: y\r\nContent-Length: 0\r\n\r\n");
  }};
  TransportFixture fixture{impatient()};
  for (std::uint64_t ticket = 1; ticket <= 40; ticket += 2) {
    CHECK(fixture.attempt(event(receiver.url(), ticket)).status == 200);
    const auto outcome = fixture.attempt(event(receiver.url(), ticket + 1));
    CHECK(outcome.kind == OutcomeKind::broken);
    CHECK_FALSE(outcome.error.empty());
  }
}

TEST_CASE("hostile: what comes behind an answer is nobody's answer") {
  const std::string no = "HTTP/1.1 500 No\r\nContent-Length: 2\r\n\r\nno";
  const std::string second = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  // Where an answer has no body libcurl throws away what it read behind it and keeps the connection.
  for (const Hostile& hostile : std::initializer_list<Hostile>{
           {"a second answer", says(no + second), Kind::answered, 500, ""},
           {"rubbish", says(no + "rubbish"), Kind::answered, 500, ""},
           {"half of a second answer", says(no + "HTTP/1.1 20"), Kind::answered, 500, ""},
           {"a body longer than its length", says("HTTP/1.1 500 No\r\nContent-Length: 1\r\n\r\nlong"),
            Kind::answered, 500, ""},
           {"a second answer behind one without body",
            says("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n" + second), Kind::answered, 500, "",
            After::either},
           {"a body behind 204", says("HTTP/1.1 204 None\r\n\r\nbody"), Kind::answered, 204, "",
            After::either},
           {"a body behind 304", says("HTTP/1.1 304 Same\r\nContent-Length: 4\r\n\r\nbody"), Kind::answered,
            304, "", After::either},
           {"a second answer behind the last chunk",
            says("HTTP/1.1 500 No\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + second), Kind::answered,
            500, "", After::either},
       })
    meet(hostile);
}

TEST_CASE("hostile: an answer that came before it was asked for is not the next event's") {
  // The second answer is sent once the first has been taken, and lies in the kept connection when the next
  // request is made.
  std::atomic<bool> taken{false}, sent{false};
  const RawReceiver receiver{[&](Conversation& peer) {
    if (peer.number() > 0) return honest(peer);
    peer.request();
    peer.send("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
    taken.wait(false);
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    sent = true;
    sent.notify_all();
    honest(peer);
  }};
  TransportFixture fixture{impatient()};
  fixture.send(event(receiver.url(), 1));
  CHECK(fixture.outcome(1, 1).status == 500);
  taken = true;
  taken.notify_all();
  sent.wait(false);
  fixture.send(event(receiver.url(), 2));
  const auto next = fixture.outcome(2, 2);
  INFO(next.error);
  CHECK(next.status == honest_status);
  CHECK(receiver.connections() == 2);
}

TEST_CASE("hostile: a server whose backlog is full costs the timeout") {
  const RawReceiver full{[](Conversation&) {}, {.backlog = 0, .accepting = false}};
  const Receiver other{[](const Received&, std::size_t) { return Answer{}; }, "127.0.0.2"};
  TransportFixture fixture{impatient()};
  for (std::uint64_t ticket = 1; ticket <= 8; ++ticket) fixture.send(event(full.url(), ticket));
  fixture.send(event(other.url(), 9));
  for (std::uint64_t ticket = 1; ticket <= 8; ++ticket) {
    const auto outcome = fixture.outcome(ticket, 9);
    CHECK(outcome.kind == OutcomeKind::timeout);
    CHECK(outcome.error.find("imed out") != std::string::npos);
  }
  CHECK(fixture.outcome(9, 9).status == 200);
}

TEST_CASE("hostile: plain HTTP to a port of TLS is no success") {
  const TlsReceiver receiver;
  TransportFixture fixture{impatient()};
  auto url = receiver.url();
  url.erase(4, 1);
  fixture.send(event(url, 1));
  const auto outcome = fixture.outcome(1, 1);
  CHECK(outcome.kind != OutcomeKind::answered);
  CHECK_FALSE(outcome.error.empty());
  CHECK(receiver.count() == 0);
}

TEST_CASE("hostile: Retry-After that makes no sense is no wait and one beyond all measure is bounded") {
  const std::vector<std::pair<std::string, std::optional<std::chrono::microseconds>>> cases{
      {"-5", std::nullopt},
      {"soon", std::nullopt},
      {"1e9", std::nullopt},
      {"Thu, 01 Jan 1970 00:00:00 GMT", 0us},
      {"99999999999999999999", std::chrono::years{100}},
      {std::string(40'000, '9'), std::chrono::years{100}},
  };
  for (const auto& [value, wait] : cases) {
    CAPTURE(value);
    const RawReceiver receiver{
        says("HTTP/1.1 503 Busy\r\nRetry-After: " + value + "\r\nContent-Length: 0\r\n\r\n")};
    TransportFixture fixture{impatient()};
    fixture.send(event(receiver.url(), 1));
    const auto outcome = fixture.outcome(1, 1);
    CHECK(outcome.status == 503);
    CHECK(outcome.retry_after == wait);
  }
}

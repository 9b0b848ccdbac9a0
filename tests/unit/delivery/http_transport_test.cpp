#include "base/version.hpp"
#include "delivery/http/stall_aware_clock.hpp"
#include "support/network/receiver.hpp"
#include "support/own_resources.hpp"
#include "unit/delivery/transport_fixture.hpp"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

HttpOptions within(std::chrono::milliseconds timeout) {
  HttpOptions options;
  options.timeout = timeout;
  return options;
}

Receiver::Script always(const Answer& answer) {
  return [answer](const Received&, std::size_t) { return answer; };
}

/// While told to hold, whoever puts a report stands still, and with it all that it does.
class HoldingReports final : public Reports {
 public:
  void put(std::vector<Report> reports) override {
    collected.put(std::move(reports));
    std::unique_lock lock{mutex_};
    changed_.wait(lock, [&] { return !hold_; });
  }
  void let_go() {
    const std::scoped_lock lock{mutex_};
    hold_ = false;
    changed_.notify_all();
  }
  CollectedReports collected;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool hold_ = true;
};

/// Lets go at the end of the test, wherever that is.
struct LetGo {
  HoldingReports& reports;
  ~LetGo() { reports.let_go(); }
};

constexpr std::uint64_t silent = 1000, first = 1001;

/// Sends `count` requests, and one more that is not answered. They are answered, at the length of 15 of
/// libcurl's reads, while the transport stands still for longer than `timeout`. Gives how they ended; nothing
/// where one had ended before.
std::vector<Report> answered_while_it_stands(std::chrono::milliseconds timeout, std::uint64_t count) {
  std::string long_answer = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 60; ++i) long_answer += "X-Long: " + std::string(1000, 'x') + "\r\n";
  long_answer += "Content-Length: 0\r\n\r\n";
  Receiver receiver{[&](const Received& request, std::size_t) {
    Answer answer;
    if (request.target != "/first") answer.manner = Answer::Manner::held;
    answer.raw = long_answer;
    return answer;
  }};
  const Receiver never{always({.manner = Answer::Manner::held})};
  const ManualClock clock;
  HoldingReports reports;
  const auto transport = HttpTransport::start(for_client(within(timeout)), reports, clock).value();
  const LetGo let_go{reports};
  std::vector<Outgoing> batch;
  for (std::uint64_t ticket = 1; ticket <= count; ++ticket) batch.push_back(event(receiver.url(), ticket));
  batch.push_back(event(never.url(), silent));
  transport->send(std::move(batch));
  if (!receiver.wait_for(count) || !never.wait_for(1)) return {};
  batch.clear();
  batch.push_back(event(receiver.url("/first"), first));
  transport->send(std::move(batch));
  if (!reports.collected.wait_for(1) || reports.collected.all().front().ticket != first) return {};
  receiver.release();
  if (!receiver.wait_ended(count + 1)) return {};
  std::this_thread::sleep_for(timeout + StallAwareClock::slack);
  reports.let_go();
  reports.collected.wait_for(count + 2);
  auto ends = reports.collected.all();
  ends.erase(ends.begin());
  return ends;
}

}  // namespace

TEST_CASE("a request is a POST of the payload's bytes with the headers of the contract") {
  Receiver receiver;
  TransportFixture fixture;
  auto outgoing = event(receiver.url("/hook?x=1"));
  outgoing.payload = std::string{"{\"a\" :\t\"\xc3\xa9\"}\0 ", 14};
  outgoing.headers =
      R"({"traceparent":"00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01","X-None":""})";
  const auto payload = outgoing.payload;
  const auto outcome = fixture.attempt(std::move(outgoing));

  CHECK(outcome.kind == OutcomeKind::answered);
  CHECK(outcome.status == 200);
  CHECK(outcome.error.empty());
  CHECK(outcome.took > 0us);
  const auto request = receiver.received().at(0);
  CHECK(request.method == "POST");
  CHECK(request.target == "/hook?x=1");
  CHECK(request.body == payload);
  CHECK(request.header("Content-Type") == "application/json");
  CHECK(request.header("User-Agent") == "dispatch/" + std::string{version()});
  CHECK(request.header("Idempotency-Key") == "\"evt-1\"");
  CHECK(request.header("traceparent") == "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01");
  CHECK(request.header("X-None") == "");
  CHECK_FALSE(request.header("Accept-Encoding"));
}

TEST_CASE("a payload of several megabytes is sent without asking first") {
  Receiver receiver;
  TransportFixture fixture;
  auto outgoing = event(receiver.url());
  outgoing.payload.assign(3 * 1024 * 1024, 'x');
  CHECK(fixture.attempt(std::move(outgoing)).status == 200);
  const auto request = receiver.received().at(0);
  CHECK(request.body.size() == 3 * 1024 * 1024);
  CHECK_FALSE(request.header("Expect"));
}

TEST_CASE("an empty payload is sent as an empty body") {
  Receiver receiver;
  TransportFixture fixture;
  auto outgoing = event(receiver.url());
  outgoing.payload.clear();
  CHECK(fixture.attempt(std::move(outgoing)).status == 200);
  CHECK(receiver.received().at(0).header("Content-Length") == "0");
}

TEST_CASE("requests to one server one after the other use one connection") {
  Receiver receiver;
  TransportFixture fixture;
  for (std::uint64_t ticket = 1; ticket <= 20; ++ticket)
    CHECK(fixture.attempt(event(receiver.url(), ticket)).status == 200);
  CHECK(receiver.connections() == 1);
}

TEST_CASE("a thousand requests at once are all answered") {
  Receiver receiver{always({.manner = Answer::Manner::held})};
  TransportFixture fixture{within(60s)};
  std::vector<Outgoing> batch;
  for (std::uint64_t ticket = 1; ticket <= 1000; ++ticket) batch.push_back(event(receiver.url(), ticket));
  fixture.transport->send(std::move(batch));
  REQUIRE(receiver.wait_for(1000, 30s));
  CHECK(receiver.most_at_once() == 1000);
  receiver.release();
  REQUIRE(fixture.reports.wait_for(1000, 30s));
  for (const auto& report : fixture.reports.all()) REQUIRE(report.outcome.status == 200);
}

TEST_CASE("the first kilobyte of an answer is kept with where its time went") {
  const std::string body(3000, 'e');
  Receiver receiver{[&](const Received& request, std::size_t) {
    return Answer{.status = request.target == "/bad" ? 500 : 200, .body = body};
  }};
  TransportFixture fixture;
  for (const auto& [path, status] : {std::pair{"/bad", 500}, std::pair{"/good", 200}}) {
    const auto outcome = fixture.attempt(event(receiver.url(path)));
    CHECK(outcome.kind == OutcomeKind::answered);
    CHECK(outcome.status == status);
    CHECK(outcome.excerpt == body.substr(0, 1024));
    CHECK(outcome.address == "127.0.0.1");
    CHECK(outcome.timings.first_byte);
    CHECK_FALSE(outcome.timings.tls_ready);
  }
}

TEST_CASE("Retry-After is read on every failed status and on no success") {
  Receiver receiver{[](const Received& request, std::size_t) {
    return Answer{.status = std::stoi(request.target.substr(1)), .headers = {{"retry-after", "7"}}};
  }};
  TransportFixture fixture;
  for (const char* status : {"403", "413", "429", "500", "502", "503", "504"}) {
    CAPTURE(status);
    CHECK(fixture.attempt(event(receiver.url(std::string{"/"} + status))).retry_after == 7s);
  }
  CHECK_FALSE(fixture.attempt(event(receiver.url("/200"))).retry_after);
}

TEST_CASE("Retry-After as a date counts from the clock that was given") {
  Receiver receiver{always({.status = 503, .headers = {{"Retry-After", "Tue, 14 Nov 2023 22:14:20 GMT"}}})};
  TransportFixture fixture;  // its clock stands at 2023-11-14 22:13:20
  CHECK(fixture.attempt(event(receiver.url())).retry_after == 60s);
}

TEST_CASE("a redirect is an answer and is not followed") {
  Receiver receiver{always({.status = 307, .headers = {{"Location", "/elsewhere"}}})};
  TransportFixture fixture;
  CHECK(fixture.attempt(event(receiver.url())).status == 307);
  CHECK(receiver.count() == 1);
}

TEST_CASE("an answer that is announced by others is the last one") {
  Receiver receiver{always({.raw = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"
                                   "HTTP/1.1 204 No Content\r\n\r\n"})};
  TransportFixture fixture;
  const auto outcome = fixture.attempt(event(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::answered);
  CHECK(outcome.status == 204);
}

TEST_CASE("no answer in time is a timeout and the connection ends") {
  Receiver receiver{always({.manner = Answer::Manner::held})};
  TransportFixture fixture{within(100ms)};
  const auto outcome = fixture.attempt(event(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::timeout);
  CHECK(outcome.status == 0);
  CHECK_FALSE(outcome.error.empty());
  CHECK(outcome.took >= 100ms);
  REQUIRE(receiver.wait_ended(1));
  CHECK(receiver.received().at(0).ending == Ending::left);
}

TEST_CASE("a subscription's own timeout goes before the run's") {
  const Receiver receiver{always({.manner = Answer::Manner::held})};
  TransportFixture fixture{within(1h)};
  auto outgoing = event(receiver.url());
  auto subscription = std::make_shared<Subscription>();
  subscription->timeout = 50ms;
  outgoing.subscription = subscription;
  const auto outcome = fixture.attempt(std::move(outgoing));
  CHECK(outcome.kind == OutcomeKind::timeout);
  CHECK(outcome.error == "timed out after 50ms, waiting for an answer");
}

// The next two take a second of wall time each.
TEST_CASE("answers that arrive while the process stands still longer than the timeout are answers") {
  constexpr std::uint64_t count = 50;
  const auto ends = answered_while_it_stands(1s, count);
  REQUIRE(ends.size() == count + 1);
  for (const auto& report : ends)
    CHECK(report.outcome.kind == (report.ticket == silent ? OutcomeKind::timeout : OutcomeKind::answered));
}

TEST_CASE("an answer that arrived in time counts though the time is up before it is read") {
  std::vector<Report> ends;  // empty where the time was up before the process stood still
  for (int tries = 0; tries < 20 && ends.empty(); ++tries)
    ends = answered_while_it_stands(StallAwareClock::beat, 1);
  REQUIRE(ends.size() == 2);
  for (const auto& report : ends)
    CHECK(report.outcome.kind == (report.ticket == silent ? OutcomeKind::timeout : OutcomeKind::answered));
}

TEST_CASE("an announcement without the answer is a timeout") {
  Receiver receiver{always({.raw = "HTTP/1.1 102 Processing\r\n\r\n"})};
  TransportFixture fixture{within(100ms)};
  CHECK(fixture.attempt(event(receiver.url())).kind == OutcomeKind::timeout);
}

TEST_CASE("the status counts once the headers are whole though the body drips on") {
  Receiver receiver{
      always({.status = 200, .body = std::string(100'000, 'x'), .manner = Answer::Manner::drip})};
  TransportFixture fixture{within(200ms)};
  const auto outcome = fixture.attempt(event(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::answered);
  CHECK(outcome.status == 200);
}

TEST_CASE("an endless body is cut off long before the timeout") {
  Receiver receiver{always({.status = 500, .manner = Answer::Manner::endless})};
  TransportFixture fixture{within(60s)};
  const auto outcome = fixture.attempt(event(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::answered);
  CHECK(outcome.status == 500);
  CHECK(outcome.excerpt.size() == 1024);
  REQUIRE(receiver.wait_ended(1));
  CHECK(receiver.received().at(0).ending == Ending::left);
}

TEST_CASE("headers beyond the limit make a broken answer") {
  std::string raw = "HTTP/1.1 200 OK\r\n";
  for (int i = 0; i < 2000; ++i)
    raw += "X-Filler-" + std::to_string(i) + ": " + std::string(50, 'x') + "\r\n";
  Receiver receiver{always({.raw = raw + "Content-Length: 0\r\n\r\n"})};
  TransportFixture fixture;
  const auto outcome = fixture.attempt(event(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::broken);
  CHECK(outcome.error == "the answer's headers are longer than 65536 bytes");
}

TEST_CASE("a connection that ends without an answer is broken and says so") {
  Receiver receiver{[](const Received& request, std::size_t) {
    return Answer{.manner = request.target == "/reset" ? Answer::Manner::reset : Answer::Manner::close};
  }};
  TransportFixture fixture;
  for (const char* path : {"/reset", "/close"}) {
    const auto outcome = fixture.attempt(event(receiver.url(path)));
    CHECK(outcome.kind == OutcomeKind::broken);
    CHECK_FALSE(outcome.error.empty());
  }
  CHECK(receiver.count() == 2);
}

TEST_CASE("an answer that is not HTTP is broken") {
  Receiver receiver{always({.raw = "SSH-2.0-OpenSSH_9.2\r\n", .last = true})};
  TransportFixture fixture;
  const auto outcome = fixture.attempt(event(receiver.url()));
  CHECK(outcome.kind == OutcomeKind::broken);
  CHECK(outcome.error == "the server does not speak HTTP/1.1");
}

TEST_CASE("a status line without a status of three digits is broken") {
  Receiver receiver{[](const Received& request, std::size_t) {
    const std::vector<std::string> lines{"HTTP/1.1 200OK",  "HTTP/1.1 2000 OK", "HTTP/1.1 +20 OK",
                                         "HTTP/1.1 -20 OK", "HTTP/1.1 20 OK",   "HTTP/1.1"};
    return Answer{.raw = lines.at(std::stoul(request.target.substr(1))) + "\r\nContent-Length: 0\r\n\r\n"};
  }};
  TransportFixture fixture;
  for (int line = 0; line < 6; ++line) {
    CAPTURE(line);
    const auto outcome = fixture.attempt(event(receiver.url("/" + std::to_string(line))));
    CHECK(outcome.kind == OutcomeKind::broken);
    CHECK_FALSE(outcome.error.empty());
  }
}

TEST_CASE("a request on a kept connection that ends without an answer is not repeated") {
  Receiver receiver{[](const Received& request, std::size_t) {
    return Answer{.manner = request.target == "/close" ? Answer::Manner::close : Answer::Manner::whole};
  }};
  TransportFixture fixture;
  CHECK(fixture.attempt(event(receiver.url("/"), 1)).status == 200);
  const auto outcome = fixture.attempt(event(receiver.url("/close"), 2));
  CHECK(outcome.kind == OutcomeKind::broken);
  CHECK(outcome.error == "the connection, kept from an earlier request, ended before an answer came");
  CHECK(receiver.count() == 2);
}

TEST_CASE("a kept connection that the server has closed meanwhile is not used again") {
  Receiver receiver{always({.last = true})};
  TransportFixture fixture;
  for (std::uint64_t ticket = 1; ticket <= 3; ++ticket) {
    CHECK(fixture.attempt(event(receiver.url(), ticket)).status == 200);
    REQUIRE(receiver.wait_ended(ticket));
  }
  CHECK(receiver.connections() == 3);
}

TEST_CASE("of many connections the first to a host is not kept and later ones are") {
  const std::array<Receiver, 6> receivers;
  HttpOptions options;
  options.connections_kept = 24;  // of first ones 3
  TransportFixture fixture{options};
  std::uint64_t ticket = 0;
  for (int round = 0; round < 3; ++round)
    for (std::uint32_t host = 0; host < receivers.size(); ++host) {
      auto outgoing = event(receivers[host].url(), ++ticket);
      outgoing.host = host;
      CHECK(fixture.attempt(std::move(outgoing)).status == 200);
    }
  CHECK(receivers.front().connections() == 1);
  CHECK(receivers.back().connections() == 2);
}

TEST_CASE("a port where nobody listens is a connect error that names the cause") {
  std::string url;
  {
    const Receiver gone;
    url = gone.url();
  }
  TransportFixture fixture;
  const auto outcome = fixture.attempt(event(url));
  CHECK(outcome.kind == OutcomeKind::connect_error);
  CHECK(outcome.error.find("Connection refused") != std::string::npos);
}

TEST_CASE("a request for which this process has no descriptor left is no fault of the receiver") {
  const Receiver receiver;
  TransportFixture fixture;
  {
    const NoDescriptors none;
    const auto outcome = fixture.attempt(event(receiver.url()));
    CHECK(outcome.kind == OutcomeKind::local_failure);
    const bool looked_up = outcome.error.starts_with("cannot begin to look up the host's name");
    CHECK((looked_up || outcome.error == "cannot make a socket: Too many open files"));
  }
  CHECK(fixture.attempt(event(receiver.url())).kind == OutcomeKind::answered);
}

TEST_CASE("TLS with a server that has none is a connect error") {
  Receiver receiver;
  TransportFixture fixture;
  auto url = receiver.url();
  url.replace(0, 4, "https");
  CHECK(fixture.attempt(event(url)).kind == OutcomeKind::connect_error);
  CHECK(receiver.count() == 0);
}

TEST_CASE("what cannot be requested at all is refused") {
  TransportFixture fixture;
  for (const char* url : {"ftp://127.0.0.1/x", "file:///etc/passwd", "http://", "http://[::1"}) {
    CAPTURE(url);
    const auto outcome = fixture.attempt(event(url));
    CHECK(outcome.kind == OutcomeKind::refused);
    CHECK_FALSE(outcome.error.empty());
  }
  auto outgoing = event("http://127.0.0.1:9/");
  outgoing.headers = "[]";
  CHECK(fixture.attempt(std::move(outgoing)).kind == OutcomeKind::refused);
}

TEST_CASE("abort breaks the connections of what is under way") {
  Receiver receiver{always({.manner = Answer::Manner::held})};
  TransportFixture fixture;
  fixture.send(event(receiver.url()));
  REQUIRE(receiver.wait_for(1));
  fixture.transport->abort();
  REQUIRE(fixture.reports.wait_for(1));
  CHECK(fixture.reports.all().at(0).outcome.kind == OutcomeKind::unknown);
  REQUIRE(receiver.wait_ended(1));
  CHECK(receiver.received().at(0).ending == Ending::left);
}

TEST_CASE("the end of a transport reports what was under way and leaves no descriptor and no thread") {
  Receiver receiver{always({.manner = Answer::Manner::held})};
  const auto descriptors = own_descriptors();
  const auto threads = own_threads();
  {
    TransportFixture fixture;
    std::vector<Outgoing> batch;
    for (std::uint64_t ticket = 1; ticket <= 10; ++ticket) batch.push_back(event(receiver.url(), ticket));
    fixture.transport->send(std::move(batch));
    REQUIRE(receiver.wait_for(10));
    CHECK(own_descriptors() > descriptors);
    fixture.http.reset();
    const auto reports = fixture.reports.all();
    CHECK(reports.size() == 10);
    CHECK(std::all_of(reports.begin(), reports.end(),
                      [](const auto& report) { return report.outcome.kind == OutcomeKind::unknown; }));
  }
  REQUIRE(receiver.wait_ended(10));  // the receiver has closed its ends too
  CHECK(descriptors_come_down_to(descriptors));
  CHECK(threads_come_down_to(threads));
}

TEST_CASE("a file of certificate authorities that cannot be read is found at the start") {
  ManualClock clock;
  CollectedReports reports;
  HttpOptions options;
  options.ca_file = "/nonexistent/ca.pem";
  const auto started = HttpTransport::start(for_client(options), reports, clock);
  REQUIRE_FALSE(started);
  CHECK(started.error().failure == Failure::usage);
  CHECK(started.error().message.find("/nonexistent/ca.pem") != std::string::npos);
}

TEST_CASE("what waits for a URL whose receiver asks for time is withdrawn and the rest goes") {
  for (const int status : {429, 503}) {
    const Receiver receiver{[&](const Received& request, std::size_t) {
      Answer answer;
      if (request.target == "/other") return answer;
      answer.status = status;
      answer.headers = {{"Retry-After", "1"}};
      return answer;
    }};
    TransportFixture fixture{{}, {.per_host = 1, .in_all = 10}};
    std::vector<Outgoing> batch;
    for (std::uint64_t ticket = 1; ticket <= 4; ++ticket)
      batch.push_back(event(receiver.url("/busy"), ticket));
    batch.push_back(event(receiver.url("/other"), 5));
    batch.push_back(event(receiver.url("/busy"), 6));
    fixture.transport->send(std::move(batch));
    CHECK(fixture.outcome(1, 6).status == status);
    for (const std::uint64_t ticket : {2, 3, 4, 6}) {
      CHECK(fixture.outcome(ticket, 6).kind == OutcomeKind::withdrawn);
      CHECK(fixture.outcome(ticket, 6).error == "withdrawn before it was sent: the receiver asked for time");
    }
    CHECK(fixture.outcome(5, 6).status == 200);
    CHECK(receiver.count() == 2);
    CHECK(fixture.attempt(event(receiver.url("/busy"), 7)).status == status);
  }
}

TEST_CASE("what waits for a URL goes on where its policy gives the status another meaning") {
  for (const int status : {429, 503}) {
    const Receiver receiver{[&](const Received&, std::size_t) {
      Answer answer;
      answer.status = status;
      answer.headers = {{"Retry-After", "1"}};
      return answer;
    }};
    TransportFixture fixture{{}, {.per_host = 1, .in_all = 10}};
    std::vector<Outgoing> batch;
    for (std::uint64_t ticket = 1; ticket <= 4; ++ticket) {
      batch.push_back(event(receiver.url(), ticket));
      if (ticket == 3) continue;  // to it the answer is the receiver's wish for time
      (status == 429 ? batch.back().throttled_by_429 : batch.back().throttled_by_503) = false;
    }
    fixture.transport->send(std::move(batch));
    for (const std::uint64_t ticket : {1, 2, 3, 4}) CHECK(fixture.outcome(ticket, 4).status == status);
    CHECK(receiver.count() == 4);
  }
}

// The whole program over HTTP/2.

#include "support/network/http2_receiver.hpp"
#include "support/network/tls_receiver.hpp"
#include "system/program/scenario.hpp"

#include <map>
#include <string>
#include <utility>

#include <doctest/doctest.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

TEST_CASE("with --http 2 events are delivered in order over few connections and within the host's limit") {
  const Http2Receiver receiver{[](const Http2Received&, std::size_t) { return Http2Reply{.delay = 2ms}; }};
  const TempDir directory;
  const auto run = run_dispatch(
      directory, {"run", "-", "--http", "2", "--per-host", "8", "--cacert", receiver.certificate()},
      streams(20, 10, receiver.url()));
  CHECK(run.exit_code == 0);
  CHECK(receiver.count() == 200);
  CHECK(receiver.most_at_once() <= 8);
  CHECK(receiver.connections() == 1);
  std::map<std::string, std::string> last;
  for (const auto& request : receiver.received()) {
    auto sequence = request.header("x-dispatch-sequence").value();
    auto& before = last[request.header("x-dispatch-entity-id").value()];
    CHECK(std::stoi(sequence) == (before.empty() ? 1 : std::stoi(before) + 1));
    before = std::move(sequence);
  }
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("what a server that speaks HTTP/2 did not process costs no attempt") {
  // Each event is refused once, and each connection is left after a few requests.
  const Http2Receiver receiver{[](const Http2Received& request, std::size_t nth) {
    if (nth == 1 && request.stream >= 9)
      return Http2Reply{.manner = Http2Reply::Manner::ignored, .last_stream = request.stream - 2};
    return Http2Reply{};
  }};
  const TempDir directory;
  const auto run = run_dispatch(
      directory, {"run", "-", "--http", "2", "--attempts", "1", "--cacert", receiver.certificate()},
      streams(10, 5, receiver.url()));
  CHECK(run.exit_code == 0);
  CHECK(receiver.connections() > 1);
  std::map<std::string, int> attempts;
  for (const auto& request : receiver.received()) {
    CHECK(request.header("x-dispatch-attempt") == "1");
    ++attempts[request.header("idempotency-key").value()];
  }
  CHECK(attempts.size() == 50);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("with DISPATCH_HTTP=2 a server without HTTP/2 is delivered to over HTTP/1.1") {
  const TlsReceiver receiver{{.status = 200, .keeps_connections = true}};
  const TempDir directory;
  Child run{directory,
            {"run", "-", "--cacert", receiver.certificate()},
            {.environment = {{"DISPATCH_HTTP", "2"}}, .program = {}}};
  REQUIRE(run.write(streams(5, 3, receiver.url())));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(receiver.count() == 15);
}

TEST_CASE("a version of HTTP that there is not is misuse") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"run", "-", "--http", "3"});
  CHECK(run.exit_code == 2);
  CHECK(has(run.err, "--http: '3' is neither 1.1 nor 2"));
}

// The whole program among receivers that misbehave: nothing is lost, nothing of theirs counts as a success,
// and those that behave get all that is theirs.

#include "support/network/raw_receiver.hpp"
#include "system/program/scenario.hpp"

#include <list>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Talk = RawReceiver::Talk;

Talk says(std::string bytes) {
  return [bytes = std::move(bytes)](Conversation& peer) {
    if (peer.request()) peer.send(bytes);
  };
}

/// What each does, on every connection.
std::vector<std::pair<std::string, Talk>> misbehaviours() {
  return {
      {"closes", [](Conversation& peer) { peer.request(); }},
      {"resets",
       [](Conversation& peer) {
         peer.request();
         peer.reset();
       }},
      {"is-silent", [](Conversation& peer) { peer.linger(); }},
      {"drips",
       [](Conversation& peer) {
         peer.request();
         peer.drip("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 100);
       }},
      {"floods-headers",
       [](Conversation& peer) {
         peer.request();
         peer.send("HTTP/1.1 200 OK\r\n");
         peer.send_for_ever("X-A: abc\r\n");
       }},
      {"announces-only",
       [](Conversation& peer) {
         peer.request();
         peer.send_for_ever("HTTP/1.1 102 Processing\r\n\r\n", 50);
       }},
      {"endless-error",
       [](Conversation& peer) {
         peer.request();
         peer.send("HTTP/1.1 500 No\r\n\r\n");
         peer.send_for_ever(std::string(65'536, 'x'));
       }},
      {"huge-error",
       [](Conversation& peer) {
         peer.request();
         peer.send("HTTP/1.1 500 No\r\nContent-Length: 104857600\r\n\r\n");
         peer.send_for_ever(std::string(65'536, 'x'));
       }},
      {"drips-its-error",
       [](Conversation& peer) {
         peer.request();
         peer.send("HTTP/1.1 500 No\r\nContent-Length: 1000\r\n\r\n");
         peer.drip(std::string(1000, 'x'), 50);
       }},
      {"closes-in-the-body",
       [](Conversation& peer) {
         peer.request();
         peer.send("HTTP/1.1 500 No\r\nContent-Length: 9\r\n\r\nbody");
       }},
      {"asks-for-years",
       says("HTTP/1.1 429 Later\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n")},
      {"asks-for-nonsense", says("HTTP/1.1 503 Later\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n")},
      {"not-http", says("SSH-2.0-OpenSSH_9.2\r\n")},
      {"no-status", says("HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n")},
      {"redirects", says("HTTP/1.1 308 There\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")},
      {"terminal", says("HTTP/1.1 500 No\r\nContent-Length: 12\r\n\r\n\x1b[31mred\x9b\x07\n\r")},
  };
}

/// Within which an attempt ends that has timed out, however slow the machine.
constexpr auto slack = 5s;

std::chrono::microseconds took(const std::string& attempt) {
  const std::string key = "\"took_us\":";
  return std::chrono::microseconds{std::stoll(attempt.substr(attempt.find(key) + key.size()))};
}

}  // namespace

TEST_CASE("among hostile receivers every event of an honest one arrives and no other is lost or done") {
  std::list<RawReceiver> hostile;
  std::vector<std::string> names;
  std::string input;
  for (auto& [name, talk] : misbehaviours()) {
    hostile.emplace_back(talk, RawReceiver::Setup{.address = fmt::format("127.0.1.{}", names.size() + 1)});
    input += event_line(name, name, 1, hostile.back().url()) +
             event_line(name + "-next", name, 2, hostile.back().url());
    names.push_back(name);
  }
  const Receiver honest;
  const TempDir directory;
  const auto run = run_dispatch(directory,
                                {"run", "-", "--timeout", "300ms", "--attempts", "2", "--backoff", "1ms..2ms",
                                 "--retry-after-most", "10ms", "--throttled-most", "0s"},
                                input + streams(10, 10, honest.url()));
  CHECK(run.exit_code == 3);
  CHECK(honest.count() == 100);
  const auto seen = review(honest.received());
  CHECK(seen.completed.size() == 100);
  CHECK(seen.order_violations == 0);

  const auto dead = run_dispatch(directory, {"dlq", "list", "--json"});
  for (const auto& name : names) {
    CAPTURE(name);
    CHECK(has(dead.out, fmt::format("\"event_id\":\"{}\"", name)));
    const auto attempts = run_dispatch(directory, {"attempts", name, "--json"});
    CHECK(lines_of(attempts.out).size() == 2);
    for (const auto& attempt : lines_of(attempts.out)) CHECK(took(attempt) < 300ms + slack);
    CHECK(has(attempts.out, "\"error\":\"") == !has(attempts.out, "\"outcome\":\"answered\""));
    const auto table = run_dispatch(directory, {"attempts", name});
    CHECK(table.out.find_first_of("\x1b\x07\r") == std::string::npos);
  }
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

// Takes a second of wall time.
TEST_CASE("a Retry-After of a second is kept whatever the backoff says") {
  const Receiver receiver{[](const Received&, std::size_t nth) {
    Answer answer;
    if (nth == 1) answer = {.status = 429, .headers = {{"Retry-After", "1"}}};
    return answer;
  }};
  const TempDir directory;
  const auto run = run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--backoff", "1ms..2ms"},
                                event_line("e1", "X", 1));
  CHECK(run.exit_code == 0);
  const auto received = receiver.received();
  REQUIRE(received.size() == 2);
  CHECK(received[1].arrived - received[0].ended >= 1s);
}

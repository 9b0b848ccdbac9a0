// Stopping, being killed, and going on.

#include "program/scenario.hpp"

#include <atomic>
#include <csignal>
#include <thread>

#include <fmt/format.h>
#include <sys/wait.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Asks until the journal has so many deliveries in flight; false where that does not come.
bool in_flight_becomes(int count, const TempDir& directory) {
  const auto wanted = fmt::format("\"in_flight\":{},", count);
  for (int tries = 0; tries < 1000; ++tries)
    if (has(run_dispatch(directory, {"status", "--json"}).out, wanted)) return true;
  return false;
}

}  // namespace

TEST_CASE("SIGTERM lets active requests finish and a rerun delivers the rest once") {
  const TempDir directory;
  const Receiver receiver{after(30ms)};
  directory.write("events.jsonl", streams(100, 20));
  Child run{directory, {"run", "events.jsonl", "--to", receiver.url()}};
  REQUIRE(receiver.wait_ended(200));
  run.signal(SIGTERM);
  CHECK(run.exit_code() == 5);
  CHECK(has(run.err().all(), "dispatch run"));
  for (const auto& request : receiver.received()) REQUIRE(request.ending == Ending::answered);
  const auto before = receiver.count();
  CHECK(before < 2000);

  const auto rest = run_dispatch(directory, {"run", "events.jsonl", "--to", receiver.url()});
  CHECK(rest.exit_code == 0);
  const auto seen = review(receiver.received());
  CHECK(receiver.count() == 2000);
  CHECK(seen.requests.size() == 2000);
  CHECK(seen.order_violations == 0);
}

TEST_CASE("after SIGTERM nothing starts that was committed and still waited for a connection") {
  const TempDir directory;
  // What is ahead of a connection is committed where a receiver is known to answer at once.
  constexpr std::size_t quick = 150;
  std::atomic<bool> hold{true};
  Receiver receiver{[&](const Received& request, std::size_t) {
    Answer answer;
    if (hold && request.number >= quick) answer.manner = Answer::Manner::held;
    return answer;
  }};
  directory.write("events.jsonl", streams(quick + 200, 1));
  Child run{directory, {"run", "events.jsonl", "--to", receiver.url(), "--timeout", "60s"}};
  REQUIRE(receiver.wait_for(quick + 50));
  REQUIRE(in_flight_becomes(100, directory));
  run.signal(SIGTERM);
  REQUIRE(in_flight_becomes(50, directory));  // the others are given back
  CHECK(receiver.count() == quick + 50);
  hold = false;
  receiver.release();
  CHECK(run.exit_code() == 5);
  CHECK(receiver.count() == quick + 50);

  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  const auto seen = review(receiver.received());
  CHECK(receiver.count() == quick + 200);
  CHECK(seen.requests.size() == quick + 200);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

// timeout(1) sends its signal to the program, and at once to its process group.
TEST_CASE("a signal that is sent twice at once is one") {
  const TempDir directory;
  Receiver receiver{[](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; }};
  Child run{directory, {"run", "-", "--to", receiver.url(), "--timeout", "60s"}};
  REQUIRE(run.write(event_line("e1", "X", 1)));
  REQUIRE(receiver.wait_for(1));
  run.signal(SIGTERM);
  run.signal(SIGTERM);
  REQUIRE(run.err().wait_for("no new request starts"));
  run.signal(SIGTERM);
  receiver.release();
  CHECK(run.exit_code() == 5);
  CHECK_FALSE(has(run.err().text(), "aborted"));
  CHECK(receiver.count() == 1);
  CHECK(has(run_dispatch(directory, {"status", "--json"}).out, "\"completed\":1,"));
}

// Takes half a second of wall time.
TEST_CASE("a second signal aborts the requests and they count as unknown") {
  const TempDir directory;
  const Receiver receiver{[](const Received&, std::size_t nth) {
    Answer answer;
    if (nth == 1) answer.manner = Answer::Manner::held;
    return answer;
  }};
  Child run{directory, {"run", "-", "--to", receiver.url(), "--timeout", "60s"}};
  REQUIRE(run.write(event_line("e1", "X", 1) + event_line("f1", "Y", 1)));
  REQUIRE(receiver.wait_for(2));
  run.signal(SIGINT);
  REQUIRE(run.err().wait_for("dispatch: "));
  std::this_thread::sleep_for(600ms);
  run.signal(SIGINT);
  CHECK(run.exit_code() == 5);
  const auto unknown = run_dispatch(directory, {"events", "list", "--unknown", "--json"});
  CHECK(lines_of(unknown.out).size() == 2);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(receiver.count() == 4);
}

// Takes a second of wall time.
TEST_CASE("a process that stood still longer than its timeout takes the answers that came meanwhile") {
  const TempDir directory;
  Receiver receiver{[](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; }};
  constexpr std::size_t count = 200;
  Child run{directory, {"run", "-", "--to", receiver.url(), "--timeout", "400ms", "--per-host", "200"}};
  REQUIRE(run.write(streams(count, 1)));
  REQUIRE(receiver.wait_for(count));
  run.signal(SIGSTOP);
  siginfo_t stopped{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(run.pid()), &stopped, WSTOPPED) == 0);
  receiver.release();
  REQUIRE(receiver.wait_ended(count));
  std::this_thread::sleep_for(800ms);
  run.signal(SIGCONT);
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(receiver.count() == count);
  for (const auto& request : receiver.received()) CHECK(request.ending == Ending::answered);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("SIGUSR1 prints a snapshot and the run goes on") {
  const TempDir directory;
  const Receiver receiver;
  Child run{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(run.write(event_line("e1", "X", 1)));
  REQUIRE(receiver.wait_ended(1));
  run.signal(SIGUSR1);
  CHECK(run.err().wait_for("delivered"));
  REQUIRE(run.write(event_line("e2", "X", 2)));
  REQUIRE(receiver.wait_ended(2));
  run.close_input();
  CHECK(run.exit_code() == 0);
}

// The machine's clock is set back and forth, while a run is on and between two. These take seconds of wall
// time each: what they show is how long a wait is.

#include "system/program/preloaded_clock.hpp"
#include "system/program/scenario.hpp"

#include <csignal>
#include <initializer_list>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

constexpr std::initializer_list<std::chrono::seconds> jumps{-240h, -1h, 1h, 240h};

/// Fails the first request of each event.
Receiver::Script failing_once() {
  return [](const Received&, std::size_t nth) {
    Answer answer;
    if (nth == 1) answer.status = 503;
    return answer;
  };
}

/// Waits until the journal has a retry.
void wait_for_retry(const TempDir& directory, const PreloadedClock& clock) {
  const auto end = std::chrono::steady_clock::now() + patience;
  bool found = false;
  while (!found && std::chrono::steady_clock::now() < end)
    found = has(run_dispatch(directory, {"status", "--json"}, {}, clock.setup()).out, "\"retry_wait\":1");
  REQUIRE(found);
}

std::chrono::steady_clock::duration between(const Receiver& receiver, std::size_t first, std::size_t second) {
  const auto received = receiver.received();
  return received.at(second).arrived - received.at(first).arrived;
}

}  // namespace

TEST_CASE("a retry comes in its time although the clock is set while the run is on") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    const TempDir directory;
    PreloadedClock clock{directory};
    const Receiver receiver{failing_once()};
    Child run{directory,
              {"run", "-", "--to", receiver.url(), "--backoff", "4s..4s", "--jitter", "0%"},
              clock.setup()};
    REQUIRE(run.write(event_line("e1", "X", 1)));
    wait_for_retry(directory, clock);
    clock.set(jump);
    run.close_input();
    CHECK(run.exit_code() == 0);
    REQUIRE(receiver.count() == 2);
    CHECK(between(receiver, 0, 1) > 3900ms);
    CHECK(between(receiver, 0, 1) < 15s);
    CHECK(run_dispatch(directory, {"verify"}, {}, clock.setup()).exit_code == 0);
  }
}

TEST_CASE("a retry comes in its time although the clock was set between two runs") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    const TempDir directory;
    PreloadedClock clock{directory};
    const Receiver receiver{failing_once()};
    const std::vector<std::string> arguments{"run", "-", "--to", receiver.url(), "--backoff", "2s..2s"};
    Child first{directory, arguments, clock.setup()};
    REQUIRE(first.write(event_line("e1", "X", 1)));
    REQUIRE(receiver.wait_ended(1));
    wait_for_retry(directory, clock);
    first.signal(SIGKILL);
    first.wait();
    clock.set(jump);
    const auto rerun = run_dispatch(directory, {"run", "--backoff", "2s..2s"}, {}, clock.setup());
    CHECK(rerun.exit_code == 0);
    REQUIRE(receiver.count() == 2);
    CHECK(between(receiver, 0, 1) < 20s);
  }
}

TEST_CASE("an open circuit is tried again in its time although the clock is set") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    const TempDir directory;
    PreloadedClock clock{directory};
    const Receiver receiver{failing_once()};
    auto setup = clock.setup();
    setup.environment["DISPATCH_BREAKER"] = "1/4s/1";
    Child run{directory, {"run", "-", "--to", receiver.url(), "--backoff", "10ms..10ms"}, setup};
    REQUIRE(run.write(event_line("e1", "X", 1)));
    wait_for_retry(directory, clock);
    clock.set(jump);
    run.close_input();
    CHECK(run.exit_code() == 0);
    REQUIRE(receiver.count() == 2);
    CHECK(between(receiver, 0, 1) > 3900ms);
    CHECK(between(receiver, 0, 1) < 15s);
  }
}

TEST_CASE("an open circuit of an earlier run is tried again in its time although the clock was set") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    const TempDir directory;
    PreloadedClock clock{directory};
    const Receiver receiver{failing_once()};
    auto setup = clock.setup();
    setup.environment["DISPATCH_BREAKER"] = "1/2s/1";
    const auto first = run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--attempts", "1"},
                                    event_line("e1", "X", 1), setup);
    CHECK(first.exit_code == 3);
    clock.set(jump);
    const auto rerun =
        run_dispatch(directory, {"run", "-", "--to", receiver.url()}, event_line("e2", "Y", 1), setup);
    CHECK(rerun.exit_code == 3);  // e1 is dead
    CHECK(has(rerun.err, "delivered                1"));
    REQUIRE(receiver.count() >= 2);
    CHECK(between(receiver, 0, 1) < 20s);
  }
}

TEST_CASE("a rate is kept and no longer than that although the clock is set") {
  for (const auto jump : jumps) {
    CAPTURE(jump.count());
    const TempDir directory;
    PreloadedClock clock{directory};
    const Receiver receiver;
    Child run{directory, {"run", "-", "--to", receiver.url(), "--rate", "1/2s"}, clock.setup()};
    REQUIRE(run.write(event_line("e1", "X", 1) + event_line("e2", "Y", 1)));
    REQUIRE(receiver.wait_ended(1));
    clock.set(jump);
    run.close_input();
    CHECK(run.exit_code() == 0);
    REQUIRE(receiver.count() == 2);
    CHECK(between(receiver, 0, 1) > 1900ms);
    CHECK(between(receiver, 0, 1) < 10s);
  }
}

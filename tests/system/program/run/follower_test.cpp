// A run on a journal that another process dispatches: what it says is what it knows.

#include "system/program/scenario.hpp"

#include <atomic>
#include <csignal>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

std::string pid_text(const Child& child) {
  return fmt::format("(pid {})", child.pid());
}

}  // namespace

TEST_CASE("a run without input follows the one that dispatches until nothing is left to deliver") {
  const TempDir directory;
  std::atomic<bool> hold{true};
  Receiver receiver{[&](const Received&, std::size_t) {
    Answer answer;
    if (hold) answer.manner = Answer::Manner::held;
    return answer;
  }};
  Child owner{directory, {"run", "-", "--to", receiver.url(), "--timeout", "60s"}};
  REQUIRE(owner.write(streams(3, 2)));
  REQUIRE(receiver.wait_for(3));
  Child follower{directory, {"run", "--attempts", "7", "--timeout", "3s"}};
  REQUIRE(follower.err().wait_for("another process " + pid_text(owner) + " dispatches this journal"));
  CHECK(has(follower.err().text(), "--attempts, --timeout"));
  CHECK_FALSE(follower.wait(300ms));  // three are under way
  hold = false;
  receiver.release();
  CHECK(follower.exit_code() == 0);
  CHECK(receiver.count() == 6);
  const auto said = follower.err().all();
  CHECK(has(said,
            "nothing is left to deliver; another process " + pid_text(owner) + " dispatches this journal"));
  CHECK_FALSE(has(said, "all that was accepted is delivered"));
  owner.close_input();
  CHECK(owner.exit_code() == 0);
}

TEST_CASE("a run without input exits by what the one that dispatches has left") {
  const TempDir directory;
  const Receiver receiver{[](const Received&, std::size_t) { return Answer{.status = 500}; }};
  Child owner{directory, {"run", "-", "--to", receiver.url(), "--attempts", "1"}};
  REQUIRE(owner.write(event_line("e1", "X", 1) + event_line("e2", "X", 2)));
  REQUIRE(receiver.wait_ended(1));
  const auto follower = run_dispatch(directory, {"run"});
  CHECK(follower.exit_code == 3);
  CHECK(has(follower.err, "2 deliveries cannot proceed"));
  CHECK(has(follower.err, pid_text(owner)));
  CHECK(has(follower.err, "dispatch dlq list"));
  owner.close_input();
  CHECK(owner.exit_code() == 3);
}

TEST_CASE("a run with input says of its own events what became of them and who dispatched them") {
  const TempDir directory;
  Receiver receiver{[](const Received& request, std::size_t) {
    Answer answer;
    if (entity_of(request) == "slow") answer.manner = Answer::Manner::held;
    return answer;
  }};
  Child owner{directory, {"run", "-", "--to", receiver.url(), "--timeout", "60s"}};
  REQUIRE(owner.write(event_line("s1", "slow", 1)));
  REQUIRE(receiver.wait_for(1));
  const auto follower =
      run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--timeout", "9s", "--attempts", "3"},
                   event_line("e1", "X", 1));
  CHECK(follower.exit_code == 0);
  CHECK(has(follower.err, "all that this run accepted is delivered; another process " + pid_text(owner)));
  CHECK(has(follower.err, "\n  without effect there: "));
  for (const char* option : {"--timeout", "--attempts"}) CHECK(has(follower.err, option));
  const auto json =
      run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--timeout", "9s", "--log-format", "json"},
                   event_line("e2", "Y", 1));
  CHECK(has(json.err, fmt::format("\"followed\":true,\"owner_pid\":{}", owner.pid())));
  CHECK(has(json.err, R"("ignored_options":["--)"));
  CHECK(has(json.err, R"("--timeout")"));
  receiver.release();
  owner.close_input();
  CHECK(owner.exit_code() == 0);
}

TEST_CASE("a run that is stopped while it follows says who goes on") {
  const TempDir directory;
  Receiver receiver{[](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; }};
  Child owner{directory, {"run", "-", "--to", receiver.url(), "--timeout", "60s"}};
  REQUIRE(owner.write(event_line("e1", "X", 1)));
  REQUIRE(receiver.wait_for(1));
  Child follower{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(follower.write(event_line("e2", "Y", 1)));
  REQUIRE(receiver.wait_for(2));
  follower.signal(SIGTERM);
  CHECK(follower.exit_code() == 5);
  const auto said = follower.err().all();
  CHECK(has(said, "what was accepted is in the journal; another process " + pid_text(owner)));
  CHECK_FALSE(has(said, "0 deliveries are left"));
  receiver.release();
  owner.close_input();
  CHECK(owner.exit_code() == 0);
}

TEST_CASE("what is ingested while a run is on is said to be delivered by that") {
  const TempDir directory;
  const Receiver receiver;
  Child owner{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(owner.write(event_line("e1", "X", 1)));
  REQUIRE(receiver.wait_ended(1));
  const auto ingest =
      run_dispatch(directory, {"ingest", "-", "--to", receiver.url()}, event_line("e2", "Y", 1));
  CHECK(ingest.exit_code == 0);
  CHECK(has(ingest.err, "another process " + pid_text(owner) + " dispatches this journal"));
  CHECK_FALSE(has(ingest.err, "next: dispatch run"));
  REQUIRE(receiver.wait_ended(2));
  owner.close_input();
  CHECK(owner.exit_code() == 0);
}

TEST_CASE("a run that takes over says what it did itself") {
  const TempDir directory;
  const Receiver receiver;
  Child owner{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(owner.write(event_line("e1", "X", 1)));
  REQUIRE(receiver.wait_ended(1));
  Child follower{directory, {"run", "-", "--to", receiver.url(), "--attempts", "3"}};
  REQUIRE(follower.err().wait_for("another process"));
  owner.close_input();
  CHECK(owner.exit_code() == 0);
  REQUIRE(follower.err().wait_for("this process dispatches now"));
  REQUIRE(follower.write(event_line("e2", "Y", 1)));
  REQUIRE(receiver.wait_ended(2));
  follower.close_input();
  CHECK(follower.exit_code() == 0);
  const auto said = follower.err().all();
  CHECK(has(said, "all that was accepted is delivered"));
  CHECK_FALSE(has(said.substr(said.find("finished in")), "another process"));
}

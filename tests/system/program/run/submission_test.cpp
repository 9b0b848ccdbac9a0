// Many at once on one journal.

#include "system/program/scenario.hpp"

#include <csignal>
#include <memory>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

TEST_CASE("a hundred processes that submit one event id make one request and each exits with 0") {
  const TempDir directory;
  const Receiver receiver{after(50ms)};
  std::vector<std::unique_ptr<Child>> runs;
  for (int i = 0; i < 100; ++i)
    runs.push_back(std::make_unique<Child>(
        directory, std::vector<std::string>{"run", "-", "--to", receiver.url(), "--quiet"}));
  for (auto& run : runs) {
    REQUIRE(run->write(event_line("same", "X", 1)));
    run->close_input();
  }
  for (auto& run : runs) {
    const int code = run->exit_code();
    if (code != 0) MESSAGE(run->err().all());
    CHECK(code == 0);
  }
  CHECK(receiver.count() == 1);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a second run appends and follows until its own events are done") {
  const TempDir directory;
  const Receiver receiver;
  Child owner{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(owner.write(event_line("e1", "X", 1)));
  REQUIRE(receiver.wait_ended(1));
  const auto second = run_dispatch(directory, {"run", "-", "--to", receiver.url()}, event_line("e2", "X", 2));
  CHECK(second.exit_code == 0);
  CHECK(receiver.count() == 2);
  owner.close_input();
  CHECK(owner.exit_code() == 0);
}

TEST_CASE("a follower takes over when the owner is killed") {
  const TempDir directory;
  const Receiver receiver{[](const Received& request, std::size_t nth) {
    Answer answer;
    if (id_of(request) == "e1" && nth == 1) answer.manner = Answer::Manner::held;
    return answer;
  }};
  Child owner{directory, {"run", "-", "--to", receiver.url(), "--timeout", "60s"}};
  REQUIRE(owner.write(event_line("e1", "X", 1)));
  REQUIRE(receiver.wait_for(1));
  Child follower{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(follower.write(event_line("e2", "X", 2)));
  follower.close_input();
  REQUIRE(follower.err().wait_for("dispatches this journal by its own options"));
  owner.signal(SIGKILL);
  CHECK(follower.exit_code() == 0);
  std::vector<std::string> ids;
  for (const auto& request : receiver.received()) ids.push_back(id_of(request));
  CHECK(ids == std::vector<std::string>{"e1", "e1", "e2"});
}

TEST_CASE("a follower whose event is blocked says so and exits with 3") {
  const TempDir directory;
  const Receiver receiver{[](const Received& request, std::size_t) {
    Answer answer;
    if (entity_of(request) == "X") answer.status = 500;
    return answer;
  }};
  Child owner{directory, {"run", "-", "--to", receiver.url(), "--attempts", "1"}};
  REQUIRE(owner.write(event_line("x1", "X", 1)));
  REQUIRE(receiver.wait_ended(1));
  const auto second = run_dispatch(directory, {"run", "-", "--to", receiver.url()}, event_line("x2", "X", 2));
  CHECK(second.exit_code == 3);
  owner.close_input();
  CHECK(owner.exit_code() == 3);
}

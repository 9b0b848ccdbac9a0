// Fifty connections a host, however it is named.

#include "system/program/scenario.hpp"

#include <algorithm>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// The most requests open at one time over several receivers.
std::size_t most_at_once(const std::vector<const Receiver*>& receivers) {
  std::vector<std::pair<std::chrono::steady_clock::time_point, int>> changes;
  for (const auto* receiver : receivers) {
    for (const auto& request : receiver->received()) {
      changes.emplace_back(request.arrived, 1);
      changes.emplace_back(request.ended, -1);
    }
  }
  std::sort(changes.begin(), changes.end());
  int open = 0, most = 0;
  for (const auto& [when, change] : changes) most = std::max(most, open += change);
  return static_cast<std::size_t>(most);
}

}  // namespace

TEST_CASE("one host under several URLs and ports gets at most fifty requests at a time") {
  const TempDir directory;
  const Receiver one{after(20ms)}, two{after(20ms)};
  std::string input;
  for (int i = 0; i < 300; ++i) {
    const auto id = fmt::format("e{}", i);
    input += event_line(id, id, 1, i % 2 == 0 ? one.url(fmt::format("/{}", i % 7)) : two.url("/other"));
  }
  const auto run = run_dispatch(directory, {"run", "-"}, input);
  CHECK(run.exit_code == 0);
  CHECK(one.count() + two.count() == 300);
  const auto most = most_at_once({&one, &two});
  CHECK(most <= 50);
  CHECK(most >= 40);
  for (const auto& request : one.received()) CHECK(request.header("X-Dispatch-Attempt") == "1");
}

// Takes twelve seconds: that long is all of the slow one.
TEST_CASE("a slow URL leaves a fast one of its host its share in whatever order they come" *
          doctest::test_suite("long")) {
  const TempDir directory;
  const Receiver receiver{[](const Received& request, std::size_t) {
    Answer answer;
    if (request.target == "/slow") answer.delay = 2s;
    return answer;
  }};
  std::string slow, fast, both;
  for (int i = 0; i < 300; ++i) {
    const auto to_slow = event_line(fmt::format("s{}", i), fmt::format("S{}", i), 1, receiver.url("/slow"));
    const auto to_fast = event_line(fmt::format("f{}", i), fmt::format("F{}", i), 1, receiver.url("/fast"));
    slow += to_slow;
    fast += to_fast;
    both += to_slow + to_fast;
  }
  std::string input;
  SUBCASE("interleaved") {
    input = both;
  }
  SUBCASE("the slow ones first") {
    input = slow + fast;
  }
  const auto run = run_dispatch(directory, {"run", "-"}, input);
  CHECK(run.exit_code == 0);
  const auto received = receiver.received();
  CHECK(received.size() == 600);
  CHECK(most_at_once({&receiver}) <= 50);
  auto last = received.at(0).arrived;
  for (const auto& request : received)
    if (request.target == "/fast") last = std::max(last, request.ended);
  CHECK(last - received.at(0).arrived < 4s);
}

TEST_CASE("a host that hangs does not keep another from its events") {
  const TempDir directory;
  Receiver hanging{[](const Received&, std::size_t) {
    Answer answer;
    answer.manner = Answer::Manner::held;
    return answer;
  }};
  Receiver quick{[](const Received&, std::size_t) { return Answer{}; }, "127.0.0.2"};
  std::string input;
  for (int i = 0; i < 500; ++i) {
    input += event_line(fmt::format("h{}", i), fmt::format("H{}", i), 1, hanging.url());
    input += event_line(fmt::format("q{}", i), fmt::format("Q{}", i), 1, quick.url());
  }
  Child run{directory, {"run", "-", "--timeout", "60s"}};
  REQUIRE(run.write(input));
  run.close_input();
  CHECK(quick.wait_ended(500, patience));
  REQUIRE(hanging.wait_for(50, patience));
  CHECK(hanging.count() == 50);
  hanging.release();
  CHECK(run.exit_code() == 0);
  CHECK(hanging.most_at_once() == 50);
}

TEST_CASE("waiting for a permit costs no attempt even where it takes longer than the timeout") {
  const TempDir directory;
  const Receiver receiver{after(100ms)};
  std::string input;
  for (int i = 0; i < 20; ++i) input += event_line(fmt::format("e{}", i), fmt::format("E{}", i), 1);
  const auto run = run_dispatch(
      directory, {"run", "-", "--to", receiver.url(), "--per-host", "1", "--timeout", "1s"}, input);
  CHECK(run.exit_code == 0);
  CHECK(receiver.count() == 20);
  CHECK(receiver.most_at_once() == 1);
}

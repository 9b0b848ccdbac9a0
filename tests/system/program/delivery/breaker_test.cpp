// Destinations that fail, and such that must not be asked too often.

#include "system/program/progress.hpp"
#include "system/program/scenario.hpp"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <memory>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Answers with a failure until told otherwise.
struct Moody {
  std::shared_ptr<std::atomic<bool>> well = std::make_shared<std::atomic<bool>>(false);
  Receiver receiver{[well = well](const Received&, std::size_t) {
    Answer answer;
    answer.status = *well ? 200 : 503;
    return answer;
  }};
};

}  // namespace

TEST_CASE("one dead destination among a hundred of one host does not slow the others") {
  const TempDir directory;
  Moody dead;
  Receiver live;
  constexpr int each = 20, destinations = 100;
  std::string input;
  for (int i = 0; i < each; ++i) {
    for (int to = 0; to < destinations; ++to) {
      const auto id = fmt::format("e{}-{}", i, to);
      input += event_line(id, id, 1, to == 50 ? dead.receiver.url() : live.url(fmt::format("/{}", to)));
    }
  }
  Child run{directory, {"run", "-", "--breaker", "5/1h/3", "--per-host", "2"}};
  REQUIRE(run.write(input));
  run.close_input();
  CHECK(live.wait_ended(std::size_t{each} * (destinations - 1), patience));
  CHECK(live.count() == std::size_t{each} * (destinations - 1));
  CHECK(dead.receiver.count() >= 5);
  CHECK(dead.receiver.count() < each);
  CHECK_FALSE(run.wait(0ms));  // it waits for the dead one
  CHECK(comes_to_say(run, "circuits open"));
  run.signal(SIGTERM);
  CHECK(run.exit_code() == 5);
}

TEST_CASE("an open circuit is still open in the next run and closes when its destination is up again") {
  const TempDir directory;
  Moody moody;
  std::string input;
  for (int i = 0; i < 40; ++i) input += event_line(fmt::format("e{}", i), fmt::format("E{}", i), 1);
  const std::vector<std::string> command{"run",       "--to",   moody.receiver.url(), "--per-host", "2",
                                         "--breaker", "3/1h/2", "--attempts",         "1",          "-"};
  std::size_t tried = 0;
  {
    Child run{directory, command};
    REQUIRE(run.write(input));
    run.close_input();
    REQUIRE(moody.receiver.wait_ended(3));
    CHECK(comes_to_say(run, "circuits open"));
    run.signal(SIGTERM);
    CHECK(run.exit_code() == 5);
    tried = moody.receiver.count();
    CHECK(tried < 10);
  }
  *moody.well = true;
  Child run{directory, command};
  Receiver other;
  REQUIRE(run.write(event_line("other", "O", 1, other.url())));
  run.close_input();
  REQUIRE(other.wait_ended(1));
  CHECK(comes_to_say(run, "circuits open"));
  CHECK(moody.receiver.count() == tried);
  CHECK(run_dispatch(directory, {"dlq", "release", "--all"}).exit_code == 0);
  CHECK(run.exit_code() == 0);
  CHECK(moody.receiver.count() == tried + 40);
  CHECK_FALSE(has(run.err().all(), "circuits open          1"));
}

TEST_CASE("a circuit opens and closes by itself as its destination goes and comes") {
  const TempDir directory;
  Moody moody;
  Child run{directory,
            {"run", "--to", moody.receiver.url(), "--breaker", "2/100ms/1", "--backoff", "1ms..2ms",
             "--attempts", "1000", "-"}};
  REQUIRE(run.write(streams(20, 3)));
  run.close_input();
  REQUIRE(moody.receiver.wait_for(25));  // twenty lanes, and probes after them
  *moody.well = true;
  CHECK(run.exit_code() == 0);
  const auto seen = review(moody.receiver.received());
  CHECK(seen.requests.size() == 60);
  CHECK(seen.overlaps == 0);
}

TEST_CASE("an answer that says when to come back is obeyed") {
  const TempDir directory;
  const Receiver receiver{[](const Received&, std::size_t nth) {
    Answer answer;
    if (nth > 1) return answer;
    answer.status = 429;
    answer.headers = {{"Retry-After", "1"}};
    return answer;
  }};
  const auto run = run_dispatch(directory, {"run", "--to", receiver.url(), "--backoff", "1ms..2ms", "-"},
                                event_line("e1", "X", 1));
  CHECK(run.exit_code == 0);
  const auto received = receiver.received();
  REQUIRE(received.size() == 2);
  CHECK(received[1].arrived - received[0].ended >= 1s);
}

TEST_CASE("no more requests than the rate arrive in any stretch of its time") {
  const TempDir directory;
  const Receiver receiver;
  const auto run =
      run_dispatch(directory, {"run", "--to", receiver.url(), "--rate", "25/1s", "-"}, streams(80, 1));
  CHECK(run.exit_code == 0);
  const auto received = receiver.received();
  REQUIRE(received.size() == 80);
  // What leaves evenly does not arrive so: the stretch looked at is shorter by what the way may add.
  for (std::size_t i = 25; i < received.size(); ++i)
    CHECK(received[i].arrived - received[i - 25].arrived >= 500ms);
}

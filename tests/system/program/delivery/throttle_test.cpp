// Receivers that ask for time, with 429 or 503 and Retry-After.

#include "system/program/progress.hpp"
#include "system/program/scenario.hpp"

#include <csignal>
#include <cstdlib>
#include <deque>
#include <sstream>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

Answer come_back_in(int seconds) {
  Answer answer;
  answer.status = 429;
  answer.headers = {{"Retry-After", std::to_string(seconds)}};
  return answer;
}

/// Takes so many requests in any second, and tells the others to come back in a second.
Receiver::Script limited_to(std::size_t per_second) {
  return [per_second, taken = std::deque<std::chrono::steady_clock::time_point>{}](const Received& request,
                                                                                   std::size_t) mutable {
    while (!taken.empty() && taken.front() <= request.arrived - 1s) taken.pop_front();
    if (taken.size() >= per_second) return come_back_in(1);
    taken.push_back(request.arrived);
    return Answer{};
  };
}

/// What is tried: few events, or, of a soak, as many as DISPATCH_THROTTLED says.
struct Trial {
  std::size_t per_second = 10, events = 40, requests_most = 90;
  int seconds_most = 30;

  static Trial wanted() {
    Trial trial;
    if (const char* text = std::getenv("DISPATCH_THROTTLED"))
      std::istringstream{text} >> trial.per_second >> trial.events >> trial.requests_most >>
          trial.seconds_most;
    return trial;
  }
};

}  // namespace

TEST_CASE("a receiver with a rate limit gets all events in time and no dead letter is made") {
  const auto trial = Trial::wanted();
  const TempDir directory;
  const Receiver receiver{limited_to(trial.per_second)};
  std::string input;
  for (std::size_t i = 0; i < trial.events; ++i)
    input += event_line(fmt::format("e{}", i), fmt::format("E{}", i), 1);
  const auto began = std::chrono::steady_clock::now();
  Child run{directory, {"run", "--to", receiver.url(), "-"}};
  REQUIRE(run.write(input));
  run.close_input();
  const int exit_code = run.exit_code(std::chrono::seconds{trial.seconds_most + 30});
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  MESSAGE(trial.events << " events at " << trial.per_second << "/s: " << receiver.count() << " requests in "
                       << took.count() << " s");
  CHECK(exit_code == 0);
  CHECK(took.count() < trial.seconds_most);
  const auto received = receiver.received();
  CHECK(received.size() < trial.requests_most);
  std::vector<bool> succeeded;
  for (const auto& request : received) succeeded.push_back(request.succeeded());
  const auto seen = review(received, succeeded);
  CHECK(seen.completed.size() == trial.events);
  for (const auto& [id, times] : seen.completed) CHECK_MESSAGE(times == 1, id);
  const auto verified = run_dispatch(directory, {"verify"});
  CHECK(verified.exit_code == 0);
}

TEST_CASE("a receiver that asks for time for ever ends in a dead letter and the run ends") {
  const TempDir directory;
  const Receiver receiver{[](const Received&, std::size_t) { return come_back_in(1); }};
  const auto run = run_dispatch(directory,
                                {"run", "--to", receiver.url(), "--throttled-most", "1s", "--attempts", "2",
                                 "--backoff", "1ms..1ms", "-"},
                                event_line("e1", "X", 1));
  CHECK(run.exit_code == 3);
  CHECK(receiver.count() == 3);
  const auto attempts = run_dispatch(directory, {"attempts", "e1"});
  CHECK(has(attempts.out, "HTTP 429, throttled: no attempt spent"));
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("what holds back a destination outlives the run and ends when an operator wants it") {
  const TempDir directory;
  const Receiver receiver{[](const Received& request, std::size_t) {
    return request.number == 0 ? come_back_in(3'600) : Answer{};
  }};
  const std::vector<std::string> command{"run", "--to", receiver.url(), "-"};
  {
    Child run{directory, command};
    REQUIRE(run.write(event_line("e1", "X", 1)));
    REQUIRE(comes_to_list(directory, {"attempts", "e1"}, "throttled"));  // the run has taken the answer in
    REQUIRE(run.write(event_line("e2", "Y", 1)));
    CHECK(comes_to_say(run, "waiting for a throttled URL (held back for "));
    run.signal(SIGTERM);
    CHECK(run.exit_code() == 5);
    CHECK(receiver.count() == 1);
  }
  Child run{directory, command};
  REQUIRE(run.write(event_line("e3", "Z", 1)));
  run.close_input();
  CHECK_FALSE(receiver.wait_for(2, 300ms));
  CHECK(run_dispatch(directory, {"retry", "--all"}).exit_code == 0);
  CHECK(run.exit_code() == 0);
  CHECK(receiver.count() == 4);
}

TEST_CASE("answers of 429 that count as success withdraw nothing and each request is the first attempt") {
  const TempDir directory;
  const Receiver receiver{[](const Received&, std::size_t) { return come_back_in(1); }};
  constexpr std::size_t events = 500;
  const auto run = run_dispatch(directory, {"run", "--to", receiver.url(), "--on-status", "429=ok", "-"},
                                streams(events, 1));
  CHECK(run.exit_code == 0);
  CHECK(receiver.count() == events);
  std::size_t first = 0;
  for (const auto& request : receiver.received())
    if (request.header("X-Dispatch-Attempt") == "1") ++first;
  CHECK(first == events);
}

// Stopping, being killed, and going on.

#include "program/scenario.hpp"

#include <csignal>
#include <mutex>
#include <random>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

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
  run.signal(SIGINT);
  CHECK(run.exit_code() == 5);
  const auto unknown = run_dispatch(directory, {"events", "list", "--unknown", "--json"});
  CHECK(lines_of(unknown.out).size() == 2);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(receiver.count() == 4);
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

TEST_CASE("killed at fifty random moments every event is delivered in order and doubles are unknowns") {
  const TempDir directory;
  std::mutex mutex;
  std::vector<bool> succeeded;
  const Receiver receiver{[&](const Received& request, std::size_t nth) {
    Answer answer;
    answer.delay = 2ms;
    if (nth == 1 && std::hash<std::string>{}(id_of(request)) % 20 == 0) answer.status = 503;
    const std::scoped_lock lock{mutex};
    succeeded.push_back(answer.status == 200);
    return answer;
  }};
  directory.write("events.jsonl", streams(50, 40));
  REQUIRE(run_dispatch(directory, {"ingest", "-"}).exit_code ==
          0);  // a journal to verify from the first kill on
  std::mt19937 engine{20261121};
  std::uniform_int_distribution<int> moment{1, 60};
  int kills = 0;
  for (; kills < 50; ++kills) {
    Child run{directory,
              {"run", "events.jsonl", "--to", receiver.url(), "--per-host", "10", "--backoff", "20ms..50ms",
               "--quiet"}};
    // A moment of the run's own time: so many more requests, or so many milliseconds where none come.
    receiver.wait_for(receiver.count() + static_cast<std::size_t>(moment(engine)),
                      std::chrono::milliseconds{moment(engine)});
    run.signal(SIGKILL);
    REQUIRE(run.wait());
    const auto verified = run_dispatch(directory, {"verify"});
    if (verified.exit_code != 0) MESSAGE(verified.out);
    REQUIRE(verified.exit_code == 0);
  }
  const auto last = run_dispatch(
      directory, {"run", "events.jsonl", "--to", receiver.url(), "--backoff", "20ms..50ms", "--quiet"});
  CHECK(last.exit_code == 0);

  const auto seen = review(receiver.received(), succeeded);
  CHECK(seen.requests.size() == 2000);
  CHECK(seen.completed.size() == 2000);
  CHECK(seen.order_violations == 0);

  const auto unknown =
      run_dispatch(directory, {"events", "list", "--unknown", "--json", "--limit", "100000"});
  std::map<std::string, bool> listed;
  for (const auto& line : lines_of(unknown.out)) {
    const auto start = line.find("\"event_id\":\"") + 12;
    listed[line.substr(start, line.find('"', start) - start)] = true;
  }
  int doubles = 0;
  for (const auto& [id, count] : seen.requests) {
    const int failed = count - seen.completed.at(id) > 0 ? 1 : 0;
    if (count - failed == 1) continue;
    ++doubles;
    CAPTURE(id);
    REQUIRE(listed.contains(id));
  }
  MESSAGE(doubles << " events were sent more than once; " << listed.size() << " are listed as unknown");
  CHECK(doubles <= kills * 10);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

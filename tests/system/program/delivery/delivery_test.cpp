// The main job, on real input and with failures on the way.

#include "system/program/scenario.hpp"

#include <algorithm>
#include <atomic>
#include <set>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

TEST_CASE("the real payloads arrive byte for byte as they stood in the file") {
  const std::string path = DISPATCH_SOURCE_DIR "/../shared/data/github-webhooks.jsonl";
  const auto lines = lines_of(read_file(path));
  REQUIRE(lines.size() == 329);
  std::map<std::string, std::string> payloads;
  for (const auto& line : lines) {  // the payload is the last field of each line
    const auto id = line.substr(13, line.find('"', 13) - 13);
    const auto start = line.find("\"payload\":") + 10;
    payloads[id] = line.substr(start, line.size() - 1 - start);
  }
  const TempDir directory;
  const Receiver receiver;
  const auto run = run_dispatch(directory, {"run", path, "--to", receiver.url("/hook")});
  CHECK(run.exit_code == 0);
  const auto received = receiver.received();
  CHECK(received.size() == 329);
  for (const auto& request : received) {
    CHECK(request.method == "POST");
    CHECK(request.header("Content-Type") == "application/json");
    REQUIRE(request.body == payloads.at(id_of(request)));
  }
  const auto seen = review(received);
  CHECK(seen.requests.size() == 329);
  CHECK(seen.order_violations == 0);
  CHECK(seen.overlaps == 0);

  const auto again = run_dispatch(directory, {"run", path, "--to", receiver.url("/hook")});
  CHECK(again.exit_code == 0);
  CHECK(receiver.count() == 329);
}

TEST_CASE("dispatch starts while standard input is still open") {
  const TempDir directory;
  const Receiver receiver;
  Child run{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(run.write(event_line("e1", "X", 1)));
  REQUIRE(receiver.wait_ended(1));
  REQUIRE(run.write(event_line("e2", "X", 2)));
  REQUIRE(receiver.wait_ended(2));
  run.close_input();
  CHECK(run.exit_code() == 0);
}

TEST_CASE("event 2 waits on the real clock until event 1 has failed five times or is delivered") {
  const TempDir directory;
  const Receiver receiver{[](const Received& request, std::size_t nth) {
    Answer answer;
    answer.delay = 20ms;
    if (id_of(request) == "e1" && nth < 5) answer.status = 503;
    return answer;
  }};
  const auto run = run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--backoff", "10ms..80ms"},
                                event_line("e1", "X", 1) + event_line("e2", "X", 2));
  CHECK(run.exit_code == 0);
  const auto received = receiver.received();
  REQUIRE(received.size() == 6);
  for (int i = 0; i < 5; ++i) CHECK(id_of(received[i]) == "e1");
  CHECK(id_of(received[5]) == "e2");
  const std::chrono::milliseconds waits[] = {10ms, 20ms, 40ms, 80ms};
  for (int i = 0; i < 4; ++i) CHECK(received[i + 1].arrived - received[i].ended >= waits[i]);
  CHECK(received[5].arrived >= received[4].ended);
}

TEST_CASE("five failures make a dead letter and a release delivers the rest in order") {
  const TempDir directory;
  std::atomic<bool> healthy{false};
  const Receiver receiver{[&](const Received& request, std::size_t) {
    Answer answer;
    if (entity_of(request) == "X" && sequence_of(request) == 2 && !healthy) answer.status = 500;
    return answer;
  }};
  std::string input;
  for (int i = 1; i <= 4; ++i) {
    input += event_line(fmt::format("x{}", i), "X", i);
    input += event_line(fmt::format("y{}", i), "Y", i);
  }
  const auto run =
      run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--backoff", "1ms..2ms"}, input);
  CHECK(run.exit_code == 3);
  auto seen = review(receiver.received());
  CHECK(seen.requests["x1"] == 1);
  CHECK(seen.requests["x2"] == 5);
  CHECK(seen.requests.count("x3") == 0);
  CHECK(seen.requests["y4"] == 1);
  CHECK(has(run.err, "dispatch dlq"));

  const auto list = run_dispatch(directory, {"dlq", "list", "--json"});
  CHECK(list.exit_code == 0);
  REQUIRE(lines_of(list.out).size() == 1);
  CHECK(has(list.out, "\"x2\""));

  healthy = true;
  CHECK(run_dispatch(directory, {"dlq", "release", "--entity", "X"}).exit_code == 0);
  const auto rest = run_dispatch(directory, {"run"});
  CHECK(rest.exit_code == 0);
  const auto received = receiver.received();
  std::vector<std::string> last;
  for (std::size_t i = received.size() - 3; i < received.size(); ++i) last.push_back(id_of(received[i]));
  CHECK(last == std::vector<std::string>{"x2", "x3", "x4"});
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a release from another shell is picked up by the run that is on") {
  const TempDir directory;
  std::atomic<bool> healthy{false};
  const Receiver receiver{[&](const Received& request, std::size_t) {
    Answer answer;
    if (id_of(request) == "x1" && !healthy) answer.status = 500;
    return answer;
  }};
  Child run{directory, {"run", "-", "--to", receiver.url(), "--attempts", "1"}};
  REQUIRE(run.write(event_line("x1", "X", 1) + event_line("x2", "X", 2)));
  REQUIRE(receiver.wait_ended(1));
  healthy = true;
  Finished released{};
  for (int tries = 0; tries < 200; ++tries) {  // the outcome is committed a moment after the answer went out
    released = run_dispatch(directory, {"dlq", "release", "--entity", "X"});
    if (released.exit_code == 0) break;
  }
  CHECK(released.exit_code == 0);
  REQUIRE(receiver.wait_ended(3));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(id_of(receiver.received()[2]) == "x2");
}

TEST_CASE("a thousand entities with one in ten failing once keep order and overlap nowhere") {
  const TempDir directory;
  constexpr int entities = 1000, each = 20;
  const auto fails = [](const Received& request, std::size_t nth) {
    return nth == 1 && std::hash<std::string>{}(id_of(request)) % 10 == 0;
  };
  std::mutex mutex;
  std::vector<bool> succeeded;
  const Receiver receiver{[&](const Received& request, std::size_t nth) {
    Answer answer;
    if (fails(request, nth)) answer.status = 500;
    const std::scoped_lock lock{mutex};
    succeeded.push_back(answer.status == 200);
    return answer;
  }};
  directory.write("events.jsonl", streams(entities, each));
  const auto run = run_dispatch(
      directory, {"run", "events.jsonl", "--to", receiver.url(), "--backoff", "1ms..50ms", "--quiet"});
  CHECK(run.exit_code == 0);
  const auto seen = review(receiver.received(), succeeded);
  CHECK(seen.order_violations == 0);
  CHECK(seen.overlaps == 0);
  CHECK(seen.completed.size() == entities * each);
  const auto twice = [](const auto& entry) { return entry.second != 1; };
  CHECK(std::none_of(seen.completed.begin(), seen.completed.end(), twice));
  CHECK(seen.requests.size() == entities * each);
  CHECK(receiver.count() > entities * each + entities);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("rejected lines cost exit 4 and nothing else") {
  const TempDir directory;
  const Receiver receiver;
  const auto run = run_dispatch(directory, {"run", "-", "--to", receiver.url()},
                                event_line("e1", "X", 1) + "rubbish\n" + event_line("e2", "X", 2));
  CHECK(run.exit_code == 4);
  CHECK(receiver.count() == 2);
  const auto rejects = lines_of(run_dispatch(directory, {"rejects", "export", "--all", "--json"}).out);
  REQUIRE(rejects.size() == 1);
  CHECK(has(rejects[0], "\"line\":2"));
  CHECK(has(rejects[0], "\"text\":\"rubbish\""));
}

TEST_CASE("with --on-bad-line stop nothing after the bad line is accepted and what was before is delivered") {
  const TempDir directory;
  const Receiver receiver;
  const auto run = run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--on-bad-line", "stop"},
                                event_line("e1", "X", 1) + "rubbish\n" + event_line("e2", "X", 2));
  CHECK(run.exit_code == 4);
  REQUIRE(receiver.count() == 1);
  CHECK(id_of(receiver.received()[0]) == "e1");
}

TEST_CASE("attempts and events show tell where the time went and what came next") {
  const TempDir directory;
  const Receiver receiver{[](const Received&, std::size_t nth) {
    Answer answer{.body = "thanks"};
    if (nth == 1) answer = {.status = 503, .body = "busy \x1b[31m\n"};
    return answer;
  }};
  const auto run = run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--backoff", "1ms..2ms"},
                                event_line("e1", "X", 1));
  CHECK(run.exit_code == 0);
  auto table = run_dispatch(directory, {"attempts", "e1"}).out;
  table.erase(0, table.find(receiver.url()));  // the trace, which events show tells elsewhere
  CHECK(has(table, receiver.url() + ": completed, 2 attempts, the last answer HTTP 200"));
  CHECK(has(table, "HTTP 503: \"busy \\u001b[31m\\n\""));
  CHECK(has(table, "127.0.0.1"));
  CHECK(has(table, "  after "));
  CHECK(has(run_dispatch(directory, {"events", "show", "e1"}).out, table));
  const auto json = lines_of(run_dispatch(directory, {"attempts", "e1", "--json"}).out);
  REQUIRE(json.size() == 2);
  for (const auto& attempt : json)
    for (const char* key : {"name_resolved_us", "first_byte_us", "address"})
      CHECK_FALSE(has(attempt, std::string{'"'} + key + "\":null"));
  CHECK_FALSE(has(json[0], "\"connected_us\":null"));
  CHECK_FALSE(has(json[0], "\"next_at\":null"));
  CHECK(has(json[1], "\"excerpt\":\"thanks\""));
  CHECK(has(run_dispatch(directory, {"events", "show", "e1", "--json"}).out, "\"attempts\":[" + json[0]));
}

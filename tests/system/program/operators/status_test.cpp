// What `dispatch status` advises: only what helps.

#include "system/program/scenario.hpp"

#include <atomic>
#include <csignal>

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

TEST_CASE("status advises to resume and not to run where all that waits is paused") {
  const TempDir directory;
  const Receiver receiver;
  REQUIRE(run_dispatch(directory, {"subscription", "add", "s", "--types", "*", "--url", receiver.url()})
              .exit_code == 0);
  REQUIRE(run_dispatch(directory, {"subscription", "pause", "s"}).exit_code == 0);
  REQUIRE(run_dispatch(directory, {"ingest", "-"}, event_line("e1", "X", 1) + event_line("e2", "Y", 1))
              .exit_code == 0);
  const auto status = run_dispatch(directory, {"status"});
  CHECK(has(status.out, "PAUSED SUBSCRIPTION"));
  CHECK(has(status.err, "dispatch subscription resume s"));
  CHECK_FALSE(has(status.err, "dispatch run"));
  CHECK_FALSE(has(status.err, "dispatch retry"));
  CHECK(has(run_dispatch(directory, {"status", "--json"}).out, "\"waiting\":2}],\"more_paused\":0"));

  REQUIRE(run_dispatch(directory, {"subscription", "resume", "s"}).exit_code == 0);
  const auto resumed = run_dispatch(directory, {"status"});
  CHECK_FALSE(has(resumed.out, "PAUSED"));
  CHECK(has(resumed.err, "dispatch run"));
}

TEST_CASE("a retry of a paused subscription is not said to be due") {
  const TempDir directory;
  const Receiver receiver{[](const Received&, std::size_t) { return Answer{.status = 410}; }};
  REQUIRE(run_dispatch(directory, {"subscription", "add", "s", "--types", "*", "--url", receiver.url()})
              .exit_code == 0);
  CHECK(run_dispatch(directory, {"run", "-"}, event_line("e1", "X", 1)).exit_code == 3);
  const auto status = run_dispatch(directory, {"status"});
  CHECK(has(status.out, "410 Gone"));
  CHECK_FALSE(has(status.out, "the next is due"));
  CHECK_FALSE(has(status.err, "dispatch retry"));
  CHECK_FALSE(has(status.err, "dispatch run"));
}

TEST_CASE("status names an open circuit and the command that tries it at once") {
  const TempDir directory;
  std::atomic<bool> well{false};
  const Receiver receiver{[&](const Received&, std::size_t) { return Answer{.status = well ? 200 : 503}; }};
  Child run{directory,
            {"run", "-", "--to", receiver.url(), "--breaker", "1/1h/1", "--backoff", "10ms..10ms"}};
  REQUIRE(run.write(event_line("e1", "X", 1) + event_line("e2", "X", 2)));
  std::string shown;
  for (const auto end = std::chrono::steady_clock::now() + patience;
       !has(shown, "\"state\":\"open\"") && std::chrono::steady_clock::now() < end;)
    shown = run_dispatch(directory, {"status", "--json"}).out;
  CHECK(has(shown, fmt::format("\"circuits\":[{{\"url\":\"{}\",\"state\":\"open\"", receiver.url())));
  CHECK(has(shown, "\"waiting\":2}],\"more_circuits\":0"));
  const auto status = run_dispatch(directory, {"status"});
  CHECK(has(status.out, "CIRCUIT"));
  CHECK(has(status.err, "dispatch retry --url " + receiver.url()));
  CHECK_FALSE(has(status.err, "dispatch run"));  // one is on

  well = true;
  CHECK(run_dispatch(directory, {"retry", "--url", receiver.url()}).exit_code == 0);
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK_FALSE(has(run_dispatch(directory, {"status"}).out, "CIRCUIT"));
}

TEST_CASE("status says whose an open circuit is and names none that nothing waits for") {
  const TempDir directory;
  const Receiver receiver{[](const Received&, std::size_t) { return Answer{.status = 500}; }};
  for (const std::string subscription : {"a", "b"})
    REQUIRE(run_dispatch(directory,
                         {"subscription", "add", subscription, "--types", "*", "--url", receiver.url()})
                .exit_code == 0);
  Child run{directory, {"run", "-", "--breaker", "1/1h/1", "--backoff", "10ms..10ms"}};
  REQUIRE(run.write(event_line("e1", "X", 1)));
  run.close_input();
  std::string shown;
  for (const auto end = std::chrono::steady_clock::now() + patience;
       !has(shown, "\"subscription\":\"b\",\"waiting\":1") && std::chrono::steady_clock::now() < end;)
    shown = run_dispatch(directory, {"status", "--json"}).out;
  CHECK(has(shown, "\"subscription\":\"a\",\"waiting\":1"));
  run.signal(SIGTERM);
  CHECK(run.exit_code() == 5);

  REQUIRE(run_dispatch(directory, {"events", "cancel", "--subscription", "a"}).exit_code == 0);
  const auto one = run_dispatch(directory, {"status"});
  CHECK(has(one.out, "CIRCUIT"));
  CHECK(has(one.err, "dispatch retry --subscription b"));
  CHECK_FALSE(has(one.err, "dispatch retry --subscription a"));

  REQUIRE(run_dispatch(directory, {"events", "cancel", "--all"}).exit_code == 0);
  const auto none = run_dispatch(directory, {"status"});
  CHECK_FALSE(has(none.out, "CIRCUIT"));
  CHECK_FALSE(has(none.err, "dispatch retry"));
  CHECK(has(run_dispatch(directory, {"status", "--json"}).out, "\"circuits\":[],\"more_circuits\":0"));
}

TEST_CASE("status advises a run only where a run would send something") {
  const TempDir directory;
  const Receiver receiver{[](const Received& request, std::size_t) {
    return Answer{.status = entity_of(request) == "X" ? 500 : 200};
  }};
  // X is dead, and what is behind it is behind a gap as well; Z waits for its first number.
  CHECK(run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--attempts", "1"},
                     event_line("x1", "X", 1) + event_line("x2", "X", 2) + event_line("x4", "X", 4) +
                         event_line("z3", "Z", 3))
            .exit_code == 3);
  CHECK_FALSE(has(run_dispatch(directory, {"status"}).err, "dispatch run"));
  CHECK(
      run_dispatch(directory, {"ingest", "-", "--to", receiver.url()}, event_line("y1", "Y", 1)).exit_code ==
      0);
  CHECK(has(run_dispatch(directory, {"status"}).err, "dispatch run"));
}

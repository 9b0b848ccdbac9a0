// What operators do to what is stuck, while a run is on and while none is.

#include "system/program/local_receiver.hpp"
#include "system/program/scenario.hpp"

#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include <fmt/format.h>

using namespace dispatch::test;

namespace {

using Ids = std::vector<std::string>;

Ids ids_of(const Receiver& receiver) {
  Ids ids;
  for (const auto& request : receiver.received()) ids.push_back(id_of(request));
  return ids;
}

/// Holds the answer to the first request, so that a run has something under way for as long as a test needs.
Answer hold_first(const Received& request, std::size_t) {
  Answer answer;
  if (request.number == 0) answer.manner = Answer::Manner::held;
  return answer;
}

}  // namespace

TEST_CASE("a wrong file is cancelled while a run is on and nothing of it is sent") {
  const TempDir directory;
  Receiver receiver{hold_first};
  Child run{directory, {"run", "-", "--to", receiver.url(), "--per-host", "1"}};
  REQUIRE(run.write(event_line("right-1", "A", 1)));
  REQUIRE(receiver.wait_for(1));
  // All behind the request that is held, so that none of them is under way.
  std::string lines;
  for (int sequence = 2; sequence <= 14; ++sequence)
    lines += event_line(fmt::format("wrong-{}", sequence), "A", sequence);
  const auto wrong = directory.write("wrong.jsonl", lines);
  REQUIRE(run_dispatch(directory, {"ingest", wrong, "--to", receiver.url()}).exit_code == 0);

  const auto rehearsed =
      run_dispatch(directory, {"events", "cancel", "--file", "wrong.jsonl", "--dry-run", "--json"});
  CHECK(rehearsed.exit_code == 0);
  CHECK(has(rehearsed.out, "\"cancelled\":13,\"dry_run\":true,"));
  const auto cancelled = run_dispatch(directory, {"events", "cancel", "--file", "wrong.jsonl"});
  CHECK(cancelled.exit_code == 0);
  CHECK(has(cancelled.err, "cancelled 13 deliveries; the run that is on goes on with it"));
  CHECK(has(cancelled.err, "dispatch replay --state failed --file "));

  receiver.release();
  REQUIRE(run.write(event_line("right-15", "A", 15)));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(ids_of(receiver) == Ids{"right-1", "right-15"});
  CHECK(has(run_dispatch(directory, {"attempts", "wrong-2"}).out, "cancelled by an operator at "));
  CHECK(has(run_dispatch(directory, {"attempts", "wrong-2", "--json"}).out, "\"action\":\"cancelled\""));
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a rerun does not call delivered what an operator gave up before") {
  const TempDir directory;
  const Receiver receiver{[](const Received& request, std::size_t) {
    return Answer{.status = entity_of(request) == "E1" ? 500 : 200};
  }};
  const auto file = directory.write("events.jsonl", streams(3, 1, receiver.url()));
  const std::vector<std::string> rerun{"run", file, "--attempts", "1"};
  CHECK(run_dispatch(directory, rerun).exit_code == 3);
  SUBCASE("discarded") {
    REQUIRE(run_dispatch(directory, {"dlq", "discard", "--all"}).exit_code == 0);
  }
  SUBCASE("cancelled") {
    REQUIRE(run_dispatch(directory, {"dlq", "release", "--all"}).exit_code == 0);
    REQUIRE(run_dispatch(directory, {"events", "cancel", "--all"}).exit_code == 0);
  }
  const auto said = run_dispatch(directory, rerun);
  CHECK(said.exit_code == 0);
  CHECK(has(said.err, "all that was accepted is delivered or was given up earlier\n"));
  CHECK(has(said.err, "nothing is left to do"));
}

TEST_CASE("what was cancelled can be delivered after all") {
  const TempDir directory;
  const Receiver receiver;
  const auto file = directory.write("events.jsonl", streams(2, 3));
  REQUIRE(run_dispatch(directory, {"ingest", file, "--to", receiver.url()}).exit_code == 0);
  CHECK(run_dispatch(directory, {"events", "cancel", "--entity", "E1", "--accepted-since", "1h"}).exit_code ==
        0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(receiver.count() == 3);
  CHECK(run_dispatch(directory, {"replay", "--state", "failed"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(ids_of(receiver) == Ids{"E0-1", "E0-2", "E0-3", "E1-1", "E1-2", "E1-3"});
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("what is to be cancelled must be said and be known") {
  const TempDir directory;
  const auto file = directory.write("events.jsonl", streams(1, 2));
  REQUIRE(run_dispatch(directory, {"ingest", file, "--to", "http://127.0.0.1:1/"}).exit_code == 0);
  const auto cancel = [&](std::vector<std::string> conditions) {
    conditions.insert(conditions.begin(), {"events", "cancel"});
    return run_dispatch(directory, std::move(conditions));
  };
  CHECK(cancel({}).exit_code == 2);
  CHECK(cancel({"--dry-run"}).exit_code == 2);
  CHECK(cancel({"--all", "--event", "E0-1"}).exit_code == 2);
  const auto unknown = cancel({"--file", "other.jsonl"});
  CHECK(unknown.exit_code == 2);
  CHECK(has(unknown.err, "the journal knows no input file "));
  CHECK(cancel({"--subscription", "none"}).exit_code == 2);
  CHECK(cancel({"--accepted-since", "soon"}).exit_code == 2);
  CHECK(cancel({"--accepted-since", "2100-01-01"}).exit_code == 0);
  CHECK(has(cancel({"--all", "--dry-run"}).out, "http://127.0.0.1:1/"));
  CHECK(has(run_dispatch(directory, {"status", "--json"}).out, "\"pending\":2,"));
  CHECK(cancel({"--all"}).exit_code == 0);
  CHECK(has(run_dispatch(directory, {"status", "--json"}).out, "\"failed\":2,"));
}

TEST_CASE("what waits for a mistyped URL is redirected while a run is on and arrives in order") {
  const TempDir directory;
  const Receiver receiver;
  const std::string mistyped = "http://127.0.0.1:1/hook";  // tcpmux: nobody listens
  Child run{directory, {"run", "-", "--to", mistyped, "--backoff", "1h..1h"}};
  REQUIRE(run.write(streams(2, 3)));
  // Both first attempts have failed when both wait for their retries.
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!has(run_dispatch(directory, {"status", "--json"}).out, "\"retry_wait\":2,") &&
         std::chrono::steady_clock::now() < end) {
  }
  const auto rehearsed =
      run_dispatch(directory, {"redirect", "--url", mistyped, "--to", receiver.url(), "--dry-run", "--json"});
  CHECK(rehearsed.exit_code == 0);
  CHECK(has(rehearsed.out, "\"redirected\":6,\"dry_run\":true,"));
  const auto redirected = run_dispatch(directory, {"redirect", "--url", mistyped, "--to", receiver.url()});
  CHECK(redirected.exit_code == 0);
  CHECK(has(redirected.err, "redirected 6 deliveries; the run that is on goes on with it"));
  CHECK(has(redirected.err, "lines that come later with the old URL or the old --to still go there"));
  REQUIRE(receiver.wait_ended(6));
  run.close_input();
  CHECK(run.exit_code() == 0);
  const auto seen = review(receiver.received());
  CHECK(seen.completed.size() == 6);
  CHECK(seen.order_violations == 0);
  CHECK(receiver.count() == 6);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("dead letters are released to another URL") {
  const TempDir directory;
  const Receiver receiver;
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", "http://127.0.0.1:1/", "--attempts", "1"},
                       event_line("a1", "A", 1) + event_line("b1", "B", 1) + event_line("a2", "A", 2))
              .exit_code == 3);
  const auto released = run_dispatch(directory, {"dlq", "release", "--entity", "A", "--to", receiver.url()});
  CHECK(released.exit_code == 0);
  CHECK(has(released.err, "redirected 2 deliveries"));
  CHECK(run_dispatch(directory, {"dlq", "release", "--all", "--to", receiver.url()}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(receiver.count() == 3);
  const auto seen = review(receiver.received());
  CHECK(seen.completed.size() == 3);
  CHECK(seen.order_violations == 0);
  CHECK(has(run_dispatch(directory, {"attempts", "a1"}).out, "redirected to " + receiver.url()));
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("events with two open replays are redirected as the dry run says and each arrives once") {
  const TempDir directory;
  const Receiver a, c;
  const std::string nowhere = "http://localhost:1/";
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", a.url()}, streams(1, 2)).exit_code == 0);
  REQUIRE(run_dispatch(directory, {"replay", "--all", "--to", nowhere}).exit_code == 0);
  REQUIRE(run_dispatch(directory, {"replay", "--url", a.url(), "--to", a.url("/second")}).exit_code == 0);
  const auto rehearsed =
      run_dispatch(directory, {"redirect", "--all", "--to", c.url("/c"), "--dry-run", "--json"});
  CHECK(has(rehearsed.out, "\"redirected\":2,\"dry_run\":true,"));
  CHECK(has(rehearsed.out, "\"left_lanes\":0,\"left_repeated_lanes\":1"));
  const auto redirected = run_dispatch(directory, {"redirect", "--all", "--to", c.url("/c"), "--json"});
  CHECK(redirected.exit_code == 0);
  CHECK(has(redirected.out, "\"redirected\":2,\"dry_run\":false,"));
  CHECK(
      has(redirected.err, "1 lane is left, as another replay of the same events is on its way to that host"));
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"events", "cancel", "--url", nowhere}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(ids_of(c) == Ids{"E0-1", "E0-2"});

  const auto again = run_dispatch(directory, {"replay", "--entity", "E0", "--to", nowhere});
  CHECK(has(again.err, "2 deliveries are made again"));
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("what is to be redirected must be said and a subscription is not") {
  const TempDir directory;
  REQUIRE(run_dispatch(directory, {"ingest", "-", "--to", "http://127.0.0.1:1/"}, streams(1, 1)).exit_code ==
          0);
  const auto redirect = [&](std::vector<std::string> conditions) {
    conditions.insert(conditions.begin(), "redirect");
    return run_dispatch(directory, std::move(conditions)).exit_code;
  };
  CHECK(redirect({"--to", "http://127.0.0.1:2/"}) == 2);
  CHECK(redirect({"--all"}) == 2);
  CHECK(redirect({"--all", "--to", "not a url"}) == 2);
  CHECK(redirect({"--subscription", "s", "--to", "http://127.0.0.1:2/"}) == 2);
  CHECK(redirect({"--url", "http://127.0.0.1:3/", "--to", "http://127.0.0.1:2/"}) == 2);
  CHECK(redirect({"--all", "--to", "http://127.0.0.1:1/"}) == 0);
  CHECK(redirect({"--all", "--to", "http://127.0.0.1:2/"}) == 0);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a receiver that asked for a day is tried at once when an operator says so while a run is on") {
  const TempDir directory;
  const Receiver receiver{[](const Received&, std::size_t nth) {
    Answer answer;
    if (nth > 1) return answer;
    answer.status = 500;  // which holds back this delivery, and not its destination
    answer.headers = {{"Retry-After", "86400"}};
    return answer;
  }};
  Child run{directory, {"run", "-", "--to", receiver.url()}};
  REQUIRE(run.write(streams(2, 2)));
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!has(run_dispatch(directory, {"status", "--json"}).out, "\"retry_wait\":2,") &&
         std::chrono::steady_clock::now() < end) {
  }
  CHECK(has(run_dispatch(directory, {"status"}).err, "dispatch retry --all"));
  const auto rehearsed = run_dispatch(directory, {"retry", "--all", "--dry-run", "--json"});
  CHECK(rehearsed.exit_code == 0);
  CHECK(has(rehearsed.out, "\"retried\":2,\"dry_run\":true,"));
  CHECK(receiver.count() == 2);
  for (int round = 0; round < 2; ++round) {
    const auto retried = run_dispatch(directory, {"retry", "--host", "127.0.0.1"});
    CHECK(retried.exit_code == 0);
    CHECK(has(retried.err, "retried 2 deliveries; the run that is on goes on with it"));
    // The second of each lane is asked to come back tomorrow as well.
    REQUIRE(receiver.wait_ended(round == 0 ? 6 : 8));
    while (!has(run_dispatch(directory, {"status", "--json"}).out,
                round == 0 ? "\"retry_wait\":2," : "\"completed\":4,") &&
           std::chrono::steady_clock::now() < end) {
    }
  }
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(review(receiver.received()).completed.size() == 4);
  CHECK(has(run_dispatch(directory, {"attempts", "E0-1"}).out, "retried by an operator at "));
  CHECK(run_dispatch(directory, {"retry", "--all"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"retry"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"retry", "--host", "nowhere.test"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("an open circuit is probed at once when an operator says so while a run is on") {
  const TempDir directory;
  std::atomic<bool> mended{false};
  const Receiver receiver{[&](const Received&, std::size_t) {
    Answer answer;
    if (!mended) answer.status = 500;
    return answer;
  }};
  Child run{directory, {"run", "-", "--to", receiver.url(), "--breaker", "2/24h/1", "--backoff", "24h..24h"}};
  REQUIRE(run.write(streams(2, 1)));
  REQUIRE(receiver.wait_ended(2));
  REQUIRE(run.write(event_line("later", "L", 1)));
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!has(run_dispatch(directory, {"status", "--json"}).out, "\"pending\":1,") &&
         std::chrono::steady_clock::now() < end) {
  }
  mended = true;
  const auto retried = run_dispatch(directory, {"retry", "--all", "--json"});
  CHECK(retried.exit_code == 0);
  CHECK(has(retried.out, "\"circuits\":1"));
  REQUIRE(receiver.wait_ended(5));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("unknown outcomes are named until they are acknowledged") {
  const TempDir directory;
  Receiver receiver{[](const Received&, std::size_t nth) {
    Answer answer;
    if (nth == 1) answer.manner = Answer::Manner::held;
    return answer;
  }};
  {
    Child run{directory, {"run", "-", "--to", receiver.url()}};
    REQUIRE(run.write(event_line("a1", "A", 1) + event_line("b1", "B", 1)));
    REQUIRE(receiver.wait_for(2));
    run.signal(SIGKILL);
    CHECK(run.exit_code() != 0);
  }
  REQUIRE(run_dispatch(directory, {"run"}).exit_code == 0);
  const auto status = run_dispatch(directory, {"status"});
  CHECK(has(status.out, "attempts whose outcome is unknown"));
  CHECK(has(status.err, "dispatch events ack --all"));
  CHECK(run_dispatch(directory, {"events", "ack"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"events", "ack", "--event", "nothing"}).exit_code == 2);
  CHECK(has(run_dispatch(directory, {"events", "ack", "--all", "--dry-run", "--json"}).out,
            "{\"acknowledged\":2,\"dry_run\":true}"));
  CHECK(
      has(run_dispatch(directory, {"events", "ack", "--event", "a1"}).err, "acknowledged 1 unknown outcome"));
  CHECK_FALSE(has(run_dispatch(directory, {"events", "list", "--unknown"}).out, "a1"));
  CHECK(has(run_dispatch(directory, {"events", "list", "--unknown"}).out, "b1"));
  CHECK(run_dispatch(directory, {"events", "ack", "--all"}).exit_code == 0);
  CHECK_FALSE(has(run_dispatch(directory, {"status"}).out, "attempts whose outcome is unknown"));
  CHECK(has(run_dispatch(directory, {"attempts", "a1"}).out, "acknowledged by an operator at "));
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("what a killed run left in flight is not said to be under way") {
  const TempDir directory;
  const Receiver receiver{
      [](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; }};
  {
    Child run{directory, {"run", "-", "--to", receiver.url()}};
    REQUIRE(run.write(event_line("a1", "A", 1) + event_line("a2", "A", 2)));
    REQUIRE(receiver.wait_for(1));
    CHECK(has(run_dispatch(directory, {"events", "cancel", "--all", "--dry-run"}).err,
              "1 delivery is in flight and not changed; what is under way ends by itself"));
    run.signal(SIGKILL);
    CHECK(run.exit_code() != 0);
  }
  CHECK(has(run_dispatch(directory, {"events", "cancel", "--all", "--dry-run"}).err,
            "1 delivery is in flight and not changed; the run that sent it has ended, and the next one goes "
            "on with it: "
            "dispatch run"));
  CHECK(
      has(run_dispatch(directory, {"redirect", "--all", "--to", "http://127.0.0.1:1/"}).err,
          "1 lane is left, as a run ended while a request was under way; give the same command again after: "
          "dispatch run"));
}

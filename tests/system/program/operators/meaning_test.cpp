// What an operator names is what is changed, and what is said of it is true.

#include "system/program/child.hpp"
#include "system/program/local_receiver.hpp"

#include <chrono>
#include <csignal>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/stat.h>

using namespace dispatch::test;

namespace {

constexpr const char* nobody = "http://127.0.0.1:1/hook";  // tcpmux: nobody listens

std::string event(const std::string& id, const std::string& entity) {
  return "{\"event_id\":\"" + id + "\",\"entity_id\":\"" + entity + "\"}\n";
}

/// The events wait for `to`.
void ingest(const TempDir& directory, const std::string& lines, const std::string& to = nobody) {
  REQUIRE(run_dispatch(directory, {"ingest", "-", "--to", to}, lines).exit_code == 0);
}

/// Three lines of two files and of standard input wait, rejected.
void reject_lines(const TempDir& directory) {
  directory.write("r1.jsonl", "no JSON\n" + event("a", "A"));
  directory.write("r2.jsonl", "nor this\n");
  REQUIRE(run_dispatch(directory, {"ingest", "r1.jsonl", "r2.jsonl", "--to", nobody}).exit_code == 4);
  REQUIRE(run_dispatch(directory, {"ingest", "-", "--to", nobody}, "nor that\n").exit_code == 4);
}

}  // namespace

TEST_CASE("an option of a listing is refused by a command that does not have it and nothing is changed") {
  const TempDir directory;
  ingest(directory, event("x1", "X") + event("x2", "X") + event("y1", "Y"));
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"events", "cancel", "--entity", "X", "--since", "2999-01-01"},
                                             {"events", "cancel", "--entity", "X", "--state", "retry_wait"},
                                             {"events", "cancel", "--all", "--limit", "1"},
                                             {"events", "--entity", "X", "cancel", "--all"},
                                             {"events", "--json", "cancel", "--all"},
                                             {"events", "ack", "--all", "--since", "2999-01-01"},
                                             {"events", "ack", "--all", "--type", "t"},
                                             {"events", "show", "--since", "1h", "x1"},
                                             {"events", "trace", "--entity", "X", "c"}}) {
    const auto refused = run_dispatch(directory, words);
    CAPTURE(refused.err);
    CHECK(refused.exit_code == 2);
  }
  for (const auto& words : std::vector<std::vector<std::string>>{{"dlq", "--entity", "X", "release"},
                                                                 {"gap", "--entity", "X", "skip"},
                                                                 {"rejects", "--file", "a", "clear"}}) {
    const auto refused = run_dispatch(directory, words);
    CHECK(refused.exit_code == 2);
    CHECK(has(refused.err,
              words[1] + " stands before '" + words[3] + "'; write it behind: dispatch " + words[0]));
  }
  CHECK(line_count(run_dispatch(directory, {"events", "--json", "--state", "pending"}).out) == 3);
  directory.write("dispatch.toml", "[events]\njson = true\nlimit = 2\n");
  CHECK(line_count(run_dispatch(directory, {"events", "--config", "dispatch.toml"}).out) == 2);
  const auto cancelled =
      run_dispatch(directory, {"events", "cancel", "--config", "dispatch.toml", "--entity", "X"});
  CHECK(cancelled.exit_code == 0);
  CHECK(has(cancelled.err, "cancelled 2 deliveries"));
}

TEST_CASE("what is suggested to undo a cancellation has the same conditions") {
  const TempDir directory;
  directory.write("a.jsonl", event("x1", "X") + event("y1", "Y"));
  REQUIRE(run_dispatch(directory, {"ingest", "a.jsonl", "--to", nobody}).exit_code == 0);
  ingest(directory, event("z1", "Z"));
  CHECK(run_dispatch(directory, {"events", "cancel", "--entity", "Z"}).exit_code == 0);
  const auto cancelled = run_dispatch(directory, {"events", "cancel", "--file", "./a.jsonl", "--type", "*",
                                                  "--accepted-since", "2026-01-01"});
  CHECK(has(cancelled.err, "cancelled 2 deliveries"));
  CHECK(has(cancelled.err, "/a.jsonl --since 2026-01-01T00:00:00"));
  CHECK(has(cancelled.err, " --type '*' --dry-run"));
  const auto undone = run_dispatch(directory, {"replay", "--state", "failed", "--file", "a.jsonl", "--since",
                                               "2026-01-01", "--type", "*"});
  CHECK(has(undone.err, "2 deliveries are made again"));
}

TEST_CASE("what was redirected is neither sent to the old URL again nor called discarded or cancelled") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  REQUIRE_FALSE(receiver.url().empty());
  CHECK(run_dispatch(directory, {"run", "--attempts", "1", "--to", "http://localhost:1/", "-"},
                     event("x1", "X") + event("x2", "X"))
            .exit_code == 3);  // x1 is dead and x2 waits behind it
  REQUIRE(run_dispatch(directory, {"redirect", "--all", "--to", receiver.url()}).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(has(run_dispatch(directory, {"replay", "--state", "failed", "--dry-run"}).err,
            "no finished delivery matches"));
  CHECK(has(run_dispatch(directory, {"replay", "--state", "completed", "--dry-run"}).err, "2 deliveries"));
  for (const char* id : {"x1", "x2"}) {
    const auto told = run_dispatch(directory, {"attempts", id}).out;
    CHECK(has(told, "redirected to " + receiver.url()));
    CHECK_FALSE(has(told, "discarded"));
    CHECK_FALSE(has(told, "cancelled"));
    CHECK(has(run_dispatch(directory, {"attempts", id, "--json"}).out, "\"to\":\"" + receiver.url()));
  }
  // What was cancelled and not redirected is told as before.
  ingest(directory, event("z1", "Z"));
  REQUIRE(run_dispatch(directory, {"events", "cancel", "--entity", "Z"}).exit_code == 0);
  REQUIRE(run_dispatch(directory, {"replay", "--state", "failed"}).exit_code == 0);
  CHECK(has(run_dispatch(directory, {"attempts", "z1"}).out, "cancelled by an operator at "));
}

TEST_CASE(
    "a run with another URL suggests to send there what came by one input and not all that was ever sent") {
  const TempDir directory;
  LocalReceiver receiver{directory};
  REQUIRE_FALSE(receiver.url().empty());
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", receiver.url()}, event("old", "O")).exit_code == 0);
  directory.write("a b.jsonl", event("x1", "X"));
  REQUIRE(run_dispatch(directory, {"run", "a b.jsonl", "--to", receiver.url()}).exit_code == 0);
  const auto again = run_dispatch(directory, {"run", "a b.jsonl", "--to", nobody});
  CHECK(has(again.err, "dispatch replay --url " + receiver.url()));
  CHECK(has(again.err, " --file '"));
  CHECK(has(again.err, "/a b.jsonl' --to " + std::string{nobody}));
  CHECK(has(
      run_dispatch(directory, {"replay", "--url", receiver.url(), "--file", "a b.jsonl", "--dry-run"}).err,
      "1 delivery"));
  // It came by the former name.
  directory.write("c.jsonl", event("x1", "X"));
  const auto renamed = run_dispatch(directory, {"run", "c.jsonl", "--to", nobody});
  CHECK(has(renamed.err, "/a b.jsonl' --to " + std::string{nobody}));
}

TEST_CASE("a dead letter that a condition excludes is not said to be missing") {
  const TempDir directory;
  CHECK(run_dispatch(directory, {"run", "--attempts", "1", "--to", nobody, "-"},
                     event("a1", "A") + event("a2", "A"))
            .exit_code == 3);
  for (const char* verb : {"release", "discard", "export"}) {
    CAPTURE(verb);
    const auto other = run_dispatch(directory, {"dlq", verb, "--entity", "A", "--status", "5xx"});
    CHECK(other.exit_code == 0);
    CHECK_FALSE(has(other.err, "has no dead letter"));
    const auto none = run_dispatch(directory, {"dlq", verb, "--event", "a2"});
    CHECK(none.exit_code == 2);
    CHECK(has(none.err, "event a2 has no dead letter"));
  }
  CHECK(has(run_dispatch(directory, {"dlq", "release", "--entity", "A", "--status", "5xx"}).err,
            "no dead letter matches"));
  const auto elsewhere =
      run_dispatch(directory, {"dlq", "release", "--event", "a2", "--to", "http://127.0.0.1:2/"});
  CHECK(elsewhere.exit_code == 2);
  CHECK(has(elsewhere.err, "event a2 has no direct dead letter"));
}

TEST_CASE("a listing refuses a name that the journal does not know") {
  const TempDir directory;
  CHECK(run_dispatch(directory, {"run", "--attempts", "1", "--to", nobody, "-"},
                     event("a1", "A") + R"({"event_id":"b3","entity_id":"B","sequence_number":3})" + "\n")
            .exit_code == 3);
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"dlq", "list", "--event", "nope"},
                                             {"dlq", "list", "--json", "--entity", "nope"},
                                             {"dlq", "export", "--host", "nope"},
                                             {"gap", "list", "--entity", "nope"}}) {
    const auto refused = run_dispatch(directory, words);
    CAPTURE(refused.err);
    CHECK(refused.exit_code == 2);
    CHECK(has(refused.err, "the journal knows no "));
  }
  const auto gapless = run_dispatch(directory, {"gap", "list", "--entity", "A"});
  CHECK(gapless.exit_code == 0);
  CHECK(has(gapless.err, "entity A waits behind no gap"));
}

TEST_CASE("a listing of rejected lines says what is true of the lines that were named") {
  const TempDir directory;
  reject_lines(directory);
  CHECK(run_dispatch(directory, {"rejects", "list", "--reject", "999"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"rejects", "list", "--json", "--reject", "999"}).exit_code == 2);
  const auto wrong = run_dispatch(directory, {"rejects", "list", "--reject", "x"});
  CHECK(wrong.exit_code == 2);
  CHECK(has(wrong.err, "--reject: 'x' is not a whole number"));
  for (const char* file : {"r2.jsonl", "./r2.jsonl"}) {
    CAPTURE(file);
    const auto listed = run_dispatch(directory, {"rejects", "list", "--file", file});
    CHECK(line_count(listed.out) == 2);
    CHECK(has(listed.err, "rejects export --file r2.jsonl > mended.jsonl"));
    CHECK(has(listed.err, "rejects clear --file r2.jsonl"));
    CHECK_FALSE(has(listed.err, "--all"));
  }
  CHECK(has(run_dispatch(directory, {"rejects", "list", "--reject", "1"}).err, "rejects clear --reject 1"));
  CHECK(has(run_dispatch(directory, {"rejects", "list"}).err, "rejects clear --all"));
  const auto other = run_dispatch(directory, {"rejects", "list", "--file", "a.jsonl"});
  CHECK(has(other.err, "no open rejected line matches"));
  const auto counted =
      run_dispatch(directory, {"rejects", "clear", "--file", "./r2.jsonl", "--dry-run", "--json"});
  CHECK(has(counted.out, "\"would_clear\":1,"));
  CHECK(has(counted.out, "\"dry_run\":true"));
  CHECK(run_dispatch(directory, {"rejects", "clear", "--file", "./r2.jsonl"}).exit_code == 0);
  CHECK(line_count(run_dispatch(directory, {"rejects", "list", "--json"}).out) == 2);
}

TEST_CASE("status suggests a retry only where one is due later") {
  const TempDir directory;
  {
    Child run{directory, {"run", "--backoff", "1h", "--to", nobody, "-"}};
    REQUIRE(run.write(event("a1", "A")));
    const auto end = std::chrono::steady_clock::now() + patience;
    while (!has(run_dispatch(directory, {"status", "--json"}).out, "\"retry_wait\":1,") &&
           std::chrono::steady_clock::now() < end) {
    }
    run.signal(SIGTERM);
    CHECK(run.exit_code() == 5);
  }
  CHECK(has(run_dispatch(directory, {"status"}).err, "dispatch retry --all"));
  const auto counted = run_dispatch(directory, {"retry", "--all", "--dry-run", "--json"});
  CHECK(has(counted.out, "\"retried\":1"));
  CHECK(has(counted.out, "\"holds\":0"));
  REQUIRE(run_dispatch(directory, {"retry", "--all"}).exit_code == 0);
  const auto status = run_dispatch(directory, {"status"});
  CHECK_FALSE(has(status.err, "dispatch retry"));
  CHECK(has(status.err, "dispatch run"));
}

TEST_CASE("a restore of what is no backup says what is wrong with that file") {
  const TempDir directory;
  ingest(directory, event("a", "A"));
  directory.write("a.jsonl", event("a", "A"));
  directory.write("empty.db", "");
  REQUIRE(::mkdir((directory.path() / "folder").c_str(), 0700) == 0);
  struct Case {
    const char* file;
    int exit_code;
    const char* words;
  };
  for (const auto& [file, exit_code, words] :
       {Case{"nope.db", 2, "there is no file nope.db to restore"},
        Case{"a.jsonl", 6, "a.jsonl is not a journal of dispatch"}, Case{"empty.db", 2, "empty.db is empty"},
        Case{"folder", 6, "folder is not a regular file"}}) {
    const auto refused = run_dispatch(directory, {"restore", file});
    CAPTURE(refused.err);
    CHECK(refused.exit_code == exit_code);
    CHECK(has(refused.err, words));
    CHECK(has(refused.err, "name a file that 'dispatch backup' made, or another journal"));
    CHECK_FALSE(has(refused.err, "--journal"));
  }
}

TEST_CASE("a replay takes conditions or --all and not both") {
  const TempDir directory;
  ingest(directory, event("a", "A"));
  CHECK(run_dispatch(directory, {"replay", "--all", "--event", "a", "--dry-run"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"replay", "--dry-run"}).exit_code == 2);
  CHECK(run_dispatch(directory, {"replay", "--all", "--dry-run"}).exit_code == 0);
}

TEST_CASE("a redirect offers no subscription") {
  const TempDir directory;
  CHECK_FALSE(has(run_dispatch(directory, {"redirect", "--help"}).out, "--subscription "));
}

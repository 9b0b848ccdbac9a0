#include "system/program/child.hpp"
#include "system/program/local_receiver.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch::test;

namespace {

/// A journal with a dead event 1 of entity A that 2 waits behind, and event 3 of entity B behind a gap.
struct Troubled {
  Troubled() {
    const auto run = run_dispatch(directory, {"run", "--attempts", "1", "--to", nobody, "-"},
                                  R"({"event_id":"a1","entity_id":"A","sequence_number":1,"payload":{"n" : 1}}
{"event_id":"a2","entity_id":"A","sequence_number":2,"payload":[2]}
{"event_id":"b3","entity_id":"B","sequence_number":3,"payload":3}
)");
    CHECK(run.exit_code == 3);
  }

  Finished operator()(std::vector<std::string> arguments) const {
    return run_dispatch(directory, std::move(arguments));
  }

  static constexpr const char* nobody = "http://127.0.0.1:1/hook";  // tcpmux: nobody listens
  TempDir directory;
};

}  // namespace

TEST_CASE("listings put data on stdout and the command to type next on stderr") {
  const Troubled journal;
  const auto dead = journal({"dlq", "list"});
  CHECK(dead.exit_code == 0);
  CHECK(line_count(dead.out) == 2);
  CHECK(has(dead.out, "a1"));
  CHECK(has(dead.err, "dispatch dlq release --entity A"));

  const auto gaps = journal({"gap", "list"});
  CHECK(gaps.exit_code == 0);
  CHECK(has(gaps.err, "dispatch gap skip --entity B"));

  const auto status = journal({"status"});
  CHECK(status.exit_code == 0);
  CHECK(has(status.out, "dead_letter               1  1 event waits behind them"));
  CHECK(has(status.err, "dispatch dlq list"));
  CHECK_FALSE(has(status.err, "dispatch run"));  // nothing could move
}

TEST_CASE("every listing has one JSON object a line") {
  const Troubled journal;
  const std::vector<std::pair<std::vector<std::string>, std::size_t>> listings{
      {{"status", "--json"}, 1},
      {{"events", "list", "--json"}, 3},
      {{"events", "--json"}, 3},
      {{"events", "show", "--json", "a1"}, 1},
      {{"attempts", "--json", "a1"}, 1},
      {{"dlq", "list", "--json"}, 1},
      {{"dlq", "show", "--json", "a1"}, 1},
      {{"gap", "list", "--json"}, 1},
      {{"verify", "--json"}, 28}};
  for (const auto& [arguments, count] : listings) {
    CAPTURE(arguments[0]);
    const auto listed = journal(arguments);
    CHECK(listed.exit_code == 0);
    CHECK(line_count(listed.out) == count);
    CHECK(listed.out.starts_with("{\""));
    CHECK(listed.out.ends_with("}\n"));
  }
}

TEST_CASE("a journal named by an option is named in the command to type next") {
  const Troubled journal;
  const auto dead = journal({"dlq", "list", "--journal", "./dispatch.db"});
  CHECK(has(dead.err, "dispatch dlq release --entity A --journal ./dispatch.db"));
}

TEST_CASE("dead letters are released one entity at a time and the history is kept") {
  const Troubled journal;
  const auto released = journal({"dlq", "release", "--entity", "A"});
  CHECK(released.exit_code == 0);
  CHECK(has(released.err, "released 1 delivery; to go on with it: dispatch run"));
  CHECK(has(journal({"events", "show", "a1"}).out, "pending"));
  const auto history = journal({"attempts", "--json", "a1"}).out;
  CHECK(line_count(history) == 2);
  CHECK(has(history, "\"action\":\"released\""));
  CHECK(journal({"verify"}).exit_code == 0);
}

TEST_CASE("a dead letter that is discarded lets its lane go on") {
  const Troubled journal;
  CHECK(journal({"dlq", "discard", "--event", "a1"}).exit_code == 0);
  CHECK(has(journal({"status"}).err, "dispatch run"));
  CHECK(has(journal({"events", "list", "--state", "failed", "--json"}).out, "\"a1\""));
  CHECK(journal({"verify"}).exit_code == 0);
}

TEST_CASE("a gap that is skipped lets its entity go on") {
  const Troubled journal;
  const auto skipped = journal({"gap", "skip", "--entity", "B"});
  CHECK(skipped.exit_code == 0);
  CHECK(has(skipped.err, "skipped the missing sequence numbers 1 to 2 of entity B"));
  CHECK(line_count(journal({"gap", "list", "--json"}).out) == 0);
  CHECK(line_count(journal({"gap", "list", "--all", "--json"}).out) == 1);
  CHECK(journal({"gap", "skip", "--entity", "B"}).exit_code == 2);
  CHECK(journal({"gap", "skip", "--all", "--first-missing", "1"}).exit_code == 2);
}

TEST_CASE("a run that is on picks up what an operator releases") {
  TempDir directory;
  LocalReceiver receiver{directory, {"--json", "--fail-first", "1"}};
  REQUIRE_FALSE(receiver.url().empty());
  Child run{directory, {"run", "--attempts", "1", "--to", receiver.url(), "-"}};
  REQUIRE(run.write("{\"event_id\":\"a1\",\"entity_id\":\"A\"}\n"));
  REQUIRE(receiver.wait_for("\n"));
  // The outcome is committed soon after the answer; until then there is nothing to be released.
  Finished released{};
  const auto end = std::chrono::steady_clock::now() + patience;
  do {
    released = run_dispatch(directory, {"dlq", "release", "--entity", "A"});
  } while (released.exit_code == 2 && std::chrono::steady_clock::now() < end);
  CHECK(released.exit_code == 0);
  CHECK(has(released.err, "the run that is on goes on with it"));
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(line_count(receiver.stop()) == 2);
}

TEST_CASE("exported dead events are accepted as the same events") {
  const Troubled journal;
  const auto exported = journal({"dlq", "export", "--all"});
  CHECK(exported.exit_code == 0);
  CHECK(exported.out ==
        "{\"event_id\":\"a1\",\"entity_id\":\"A\",\"sequence_number\":1,\"payload\":{\"n\" : 1}}\n");
  CHECK(has(exported.err, "1 has no url of their own"));
  const auto again = run_dispatch(journal.directory, {"ingest", "--to", Troubled::nobody, "-"}, exported.out);
  CHECK(again.exit_code == 0);
  CHECK(line_count(journal({"events", "--json"}).out) == 3);
}

TEST_CASE("dead letters must be selected and a name must be known") {
  const Troubled journal;
  for (const std::string verb : {"release", "discard", "export"}) {
    CAPTURE(verb);
    CHECK(journal({"dlq", verb}).exit_code == 2);
    CHECK(journal({"dlq", verb, "--all", "--entity", "A"}).exit_code == 2);
    CHECK(journal({"dlq", verb, "--event", "a2"}).exit_code == 2);  // it is there but not dead
    CHECK(journal({"dlq", verb, "--status", "600"}).exit_code == 2);
    CHECK(journal({"dlq", verb, "--type", "a*b"}).exit_code == 2);
    CHECK(journal({"dlq", verb, "--url", "ftp://a/"}).exit_code == 2);
  }
  for (const std::string verb : {"release", "discard"}) {
    CAPTURE(verb);
    const auto refused = journal({"dlq", verb, "--entity", "A", "--entity", "nobody"});
    CHECK(refused.exit_code == 2);
    CHECK(has(refused.err, "the journal knows no entity nobody; nothing was changed"));
    CHECK(journal({"dlq", verb, "--host", "b.test"}).exit_code == 2);
  }
  CHECK(line_count(journal({"dlq", "list", "--json"}).out) == 1);
  CHECK(journal({"dlq", "discard", "--all"}).exit_code == 0);
  CHECK(journal({"dlq", "discard", "--all"}).exit_code == 0);  // there is nothing left
}

TEST_CASE("dead letters are chosen by host and URL and status and time and type") {
  const Troubled journal;
  const auto meant = [&](std::vector<std::string> conditions) {
    conditions.insert(conditions.begin(), {"dlq", "release", "--dry-run", "--json"});
    return journal(std::move(conditions)).out;
  };
  CHECK(has(meant({"--host", "127.0.0.1"}), "\"released\":1,"));
  CHECK(has(meant({"--url", "HTTP://127.0.0.1:1/hook"}), "\"released\":1,"));
  CHECK(has(meant({"--status", "none"}), "\"released\":1,"));
  CHECK(has(meant({"--status", "5xx"}), "\"released\":0,"));
  CHECK(has(meant({"--since", "1h"}), "\"released\":1,"));
  CHECK(has(meant({"--since", "2100-01-01"}), "\"released\":0,"));
  CHECK(has(meant({"--type", "order.*"}), "\"released\":0,"));
  CHECK(has(meant({"--all"}), "\"released\":1,\"dry_run\":true,\"destinations\":[{\"subscription\":null,"));
  CHECK(line_count(journal({"dlq", "list", "--status", "5xx", "--json"}).out) == 0);
  CHECK(line_count(journal({"dlq", "list", "--status", "none", "--json"}).out) == 1);
  CHECK(line_count(journal({"dlq", "export", "--host", "127.0.0.1"}).out) == 1);
  const auto rehearsed = journal({"dlq", "release", "--all", "--dry-run"});
  CHECK(has(rehearsed.out, "http://127.0.0.1:1/hook"));
  CHECK(has(rehearsed.err, "1 delivery would be released; nothing was changed"));
  CHECK(line_count(journal({"dlq", "list", "--json"}).out) == 1);
}

TEST_CASE("what is not there is a usage error that says what is") {
  const Troubled journal;
  for (const std::vector<std::string>& asked : {std::vector<std::string>{"events", "show", "none"},
                                                {"attempts", "none"},
                                                {"dlq", "show", "a2"},
                                                {"events", "list", "--state", "lost"},
                                                {"events", "list", "--since", "yesterday"},
                                                {"status", "--journal", "none.db"}}) {
    CAPTURE(asked[0]);
    const auto answered = journal(asked);
    CHECK(answered.exit_code == 2);
    CHECK(answered.out.empty());
    CHECK(answered.err.starts_with("dispatch: "));
  }
}

TEST_CASE("a file that is no journal is not touched and not ours") {
  const TempDir directory;
  directory.write("dispatch.db", "a text of some length that is no database at all");
  for (const std::string command : {"status", "verify", "events"}) {
    CAPTURE(command);
    CHECK(run_dispatch(directory, {command}).exit_code == 6);
  }
  CHECK(read_file(directory / "dispatch.db") == "a text of some length that is no database at all");
}

TEST_CASE("a journal that another process is about to make is not there yet") {
  const TempDir directory;
  directory.write("dispatch.db", "");
  for (const std::vector<std::string>& command :
       {std::vector<std::string>{"status"}, {"verify"}, {"events"}, {"replay", "--all"}}) {
    CAPTURE(command.front());
    const auto answered = run_dispatch(directory, command);
    CHECK(answered.exit_code == 2);
    CHECK(has(answered.err, "the file is empty; make one with: dispatch run"));
  }
}

TEST_CASE("verify says which promise a damaged journal breaks") {
  const Troubled journal;
  CHECK(journal({"verify"}).exit_code == 0);
  auto file = read_file(journal.directory / "dispatch.db");
  const auto payload = file.find("{\"n\" : 1}");
  REQUIRE(payload != std::string::npos);
  file[payload + 7] = '2';
  journal.directory.write("dispatch.db", file);
  const auto verified = journal({"verify"});
  CHECK(verified.exit_code == 1);
  CHECK(has(verified.out, "content: event a1"));
}

TEST_CASE("status shows itself again and again until it is stopped") {
  const Troubled journal;
  Child watch{journal.directory, {"status", "--watch", "--interval", "100ms", "--json"}};
  CHECK(watch.out().wait_for("}\n{"));
  watch.signal(SIGTERM);
  CHECK(watch.wait().has_value());
}

TEST_CASE("all gaps are skipped at once or those that are old") {
  const TempDir directory;
  const auto journal = [&](std::vector<std::string> arguments, std::string_view input = {}) {
    return run_dispatch(directory, std::move(arguments), input);
  };
  std::string input;
  for (const char* entity : {"A", "B", "C"})
    for (const int number : {2, 5})
      input += "{\"event_id\":\"" + std::string{entity} + std::to_string(number) + "\",\"entity_id\":\"" +
               entity + "\",\"sequence_number\":" + std::to_string(number) + "}\n";
  REQUIRE(journal({"ingest", "--to", "http://127.0.0.1:1/", "-"}, input).exit_code == 0);
  CHECK(journal({"gap", "skip"}).exit_code == 2);
  CHECK(journal({"gap", "skip", "--all", "--entity", "A"}).exit_code == 2);
  CHECK(journal({"gap", "skip", "--entity", "A", "--dry-run"}).exit_code == 2);
  CHECK(journal({"gap", "skip", "--all", "--older-than", "1h", "--json"}).out ==
        "{\"skipped\":0,\"numbers\":0,\"dry_run\":false}\n");
  CHECK(journal({"gap", "skip", "--all", "--dry-run", "--json"}).out ==
        "{\"would_skip\":6,\"numbers\":9,\"dry_run\":true}\n");
  CHECK(journal({"gap", "skip", "--entity", "B"}).exit_code == 0);
  CHECK(journal({"gap", "skip", "--all", "--json"}).out ==
        "{\"skipped\":5,\"numbers\":8,\"dry_run\":false}\n");
  CHECK(has(journal({"gap", "list"}).err, "nothing waits behind a gap"));
  CHECK(journal({"verify"}).exit_code == 0);
}

TEST_CASE("a dry run leaves a journal of an older version as it is and says what to do") {
  const Troubled journal;
  const std::string path = journal.directory / "dispatch.db";
  // The last byte of the user_version, in the header of an SQLite file.
  constexpr std::size_t version_at = 63;
  std::string content = read_file(path);
  REQUIRE(content.size() > version_at);
  --content[version_at];
  journal.directory.write("dispatch.db", content);
  const std::vector<std::vector<std::string>> dry_runs{
      {"retry", "--all", "--dry-run"},
      {"dlq", "release", "--all", "--dry-run"},
      {"redirect", "--all", "--to", "http://127.0.0.1:1/other", "--dry-run"},
      {"events", "cancel", "--all", "--dry-run"},
      {"events", "ack", "--all", "--dry-run"},
      {"rejects", "clear", "--all", "--dry-run"},
      {"gap", "skip", "--all", "--dry-run"}};
  for (const auto& arguments : dry_runs) {
    const auto refused = journal(arguments);
    CAPTURE(refused.err);
    CHECK(refused.exit_code == 6);
    CHECK(has(refused.err, "has version " + std::to_string(content[version_at])));
    CHECK(has(refused.err, "dispatch store migrate --journal"));
    CHECK(read_file(path) == content);
  }
}

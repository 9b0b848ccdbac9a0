// Rejected lines as an operator's queue.

#include "system/program/child.hpp"
#include "system/program/local_receiver.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch::test;

namespace {

constexpr const char* nowhere = "http://127.0.0.1:9/";

std::string event(const std::string& id) {
  return "{\"event_id\":\"" + id + "\"}\n";
}

Finished ingest(const TempDir& directory, const std::vector<std::string>& arguments) {
  std::vector<std::string> all{"ingest", "--to", nowhere};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return run_dispatch(directory, all);
}

std::string exported(const TempDir& directory) {
  const auto run = run_dispatch(directory, {"rejects", "export", "--all"});
  CHECK(run.exit_code == 0);
  return run.out;
}

std::string status(const TempDir& directory) {
  return run_dispatch(directory, {"status", "--json"}).out;
}

}  // namespace

TEST_CASE("a rejected line is listed once however often its input is run again") {
  const TempDir directory;
  directory.write("a.jsonl", event("1") + "rubbish\n" + event("2"));
  for (int again = 0; again < 3; ++again) CHECK(ingest(directory, {"a.jsonl"}).exit_code == 4);
  const auto list = lines_of(run_dispatch(directory, {"rejects", "list", "--json"}).out);
  REQUIRE(list.size() == 1);
  CHECK(has(list[0], R"("reject":1,"file":"a.jsonl","line":2,)"));
  CHECK(has(list[0], R"("times":3,)"));
  CHECK(has(status(directory), "\"rejects_open\":1"));
  CHECK(exported(directory) == "rubbish\n");
}

TEST_CASE("a rejected line leaves the list when the same line is accepted") {
  const TempDir directory;
  directory.write("a.jsonl", R"({"id":"1","what":2})"
                             "\n"
                             "rubbish\n");
  CHECK(ingest(directory, {"a.jsonl", "--field", "event_id=/none"}).exit_code == 4);
  CHECK(has(status(directory), "\"rejects_open\":2"));
  CHECK(ingest(directory, {"a.jsonl"}).exit_code == 4);
  CHECK(exported(directory) == "rubbish\n");
}

TEST_CASE("rejected lines are exported as they came to the byte") {
  const TempDir directory;
  const std::string lines =
      "\xFD\xFE\n" + std::string("\0\0\x01", 3) + "\n\"quotes\\\"\n" + std::string(3'000'000, 'x') + "\n";
  directory.write("a.jsonl", lines);
  CHECK(ingest(directory, {"a.jsonl", "--input-format", "lines"}).exit_code == 4);
  CHECK((exported(directory) == lines));
  // As records they go back to where they were.
  directory.write("b.jsonl", run_dispatch(directory, {"rejects", "export", "--all", "--json"}).out);
  CHECK(ingest(directory, {"b.jsonl", "--max-line", "5MiB"}).exit_code == 4);
  CHECK((exported(directory) == lines));
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a line that is still wrong in the mended file stays when those of the first file are cleared") {
  const TempDir directory;
  directory.write("events.jsonl", event("0") + "one\ntwo\nthree\n");
  CHECK(ingest(directory, {"events.jsonl"}).exit_code == 4);
  directory.write("fixed.jsonl", event("1") + event("2") + "three\n");
  CHECK(ingest(directory, {"fixed.jsonl"}).exit_code == 4);
  CHECK(run_dispatch(directory, {"rejects", "clear", "--file", "events.jsonl", "--json"}).out ==
        "{\"cleared\":2,\"bytes\":6,\"dry_run\":false}\n");
  CHECK(exported(directory) == "three\n");
  const auto list =
      lines_of(run_dispatch(directory, {"rejects", "list", "--file", "fixed.jsonl", "--json"}).out);
  REQUIRE(list.size() == 1);
  CHECK(has(list[0], R"("file":"fixed.jsonl","line":3,)"));
  CHECK(has(list[0], R"("times":2,)"));
}

TEST_CASE("cleared lines stay off the list when their input is run again") {
  const TempDir directory;
  directory.write("a.jsonl", "one\ntwo\n");
  directory.write("b.jsonl", "three\n");
  ingest(directory, {"a.jsonl", "b.jsonl"});
  const auto clear = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"rejects", "clear"});
    return run_dispatch(directory, arguments);
  };
  CHECK(clear({}).exit_code == 2);
  CHECK(clear({"--reject", "77"}).exit_code == 2);
  CHECK(clear({"--all", "--dry-run", "--json"}).out == "{\"would_clear\":3,\"bytes\":11,\"dry_run\":true}\n");
  CHECK(clear({"--file", "b.jsonl", "--json"}).out == "{\"cleared\":1,\"bytes\":5,\"dry_run\":false}\n");
  CHECK(clear({"--reject", "1"}).exit_code == 0);
  CHECK(ingest(directory, {"a.jsonl", "b.jsonl"}).exit_code == 4);
  CHECK(exported(directory) == "two\n");
  const auto all = lines_of(run_dispatch(directory, {"rejects", "list", "--cleared", "--json"}).out);
  CHECK(all.size() == 3);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("a run ends its input where more rejected lines would wait than are allowed") {
  const TempDir directory;
  std::string text = event("first");
  for (int i = 0; i < 20; ++i) text += "bad " + std::to_string(i) + "\n";
  directory.write("wrong.csv", text + event("last"));
  directory.write("next.jsonl", event("next"));
  for (const std::string most : {"10", "1000,55B"}) {
    CAPTURE(most);
    const auto run = ingest(directory, {"wrong.csv", "next.jsonl", "--rejects-most", most});
    CHECK(run.exit_code == 4);
    CHECK(has(run.err, "not read: wrong.csv after line 11\n"));
    CHECK(has(run.err, "not read: next.jsonl\n"));
    CHECK(has(run.err, "check that it is the right file"));
    CHECK(has(status(directory), "\"rejects_open\":10"));
  }
  CHECK(ingest(directory, {"next.jsonl"}).exit_code == 0);
  CHECK(ingest(directory, {"wrong.csv"}).exit_code == 4);
  CHECK(has(status(directory), "\"rejects_open\":20"));
}

TEST_CASE("a flood of NULs costs what is allowed and no more") {
  const TempDir directory;
  directory.write("zeros", "x" + std::string(8'000'000, '\0'));
  const auto run = ingest(
      directory, {"zeros", "--input-format", "lines", "--rejects", "bad.jsonl", "--rejects-most", "2MiB"});
  CHECK(run.exit_code == 4);
  CHECK(has(run.err, "not read: zeros"));
  CHECK(read_file(directory / "bad.jsonl").size() < 3'000'000);
  CHECK(has(status(directory), "\"rejects_open\":0"));
}

TEST_CASE("five lines of each reason are shown and then a count") {
  const TempDir directory;
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += R"({"event_id":"e","sequence_number":-)" + std::to_string(i + 1) + "}\n";
  directory.write("a.jsonl", text + "rubbish\n");
  for (const char* form : {"", "--dry-run"}) {
    CAPTURE(form);
    std::vector<std::string> arguments{"a.jsonl"};
    if (*form != '\0') arguments.emplace_back(form);
    const auto run = ingest(directory, arguments);
    CHECK(has(run.err, "a.jsonl, line 5: sequence_number is -5"));
    CHECK_FALSE(has(run.err, "a.jsonl, line 6:"));
    CHECK(has(run.err, "a.jsonl, line 101:"));
    CHECK(has(run.err, "95 more lines were rejected for reasons like this: sequence_number is -1"));
  }
}

TEST_CASE("with --on-bad-line stop the summary says what was not read") {
  const TempDir directory;
  directory.write("a.jsonl", event("1") + "rubbish\n" + event("2"));
  directory.write("b.jsonl", event("3"));
  const auto run = ingest(directory, {"a.jsonl", "b.jsonl", "--on-bad-line", "stop"});
  CHECK(run.exit_code == 4);
  CHECK(has(run.err, "not read: a.jsonl after line 2\n"));
  CHECK(has(run.err, "not read: b.jsonl\n"));
  CHECK(has(status(directory), "\"pending\":1,"));
}

TEST_CASE("after a damaged file the others are read and the exit code is 4") {
  const TempDir directory;
  directory.write("a.gz", std::string{"\x1f\x8b\x08\0\0\0\0\0\0\3 this is no deflate data", 32});
  directory.write("b.jsonl", event("3"));
  const auto run = ingest(directory, {"a.gz", "b.jsonl"});
  CHECK(run.exit_code == 4);
  CHECK(has(run.err, "a.gz is corrupt"));
  CHECK(has(run.err, "not read: a.gz\n"));
  CHECK(has(status(directory), "\"pending\":1,"));
}

TEST_CASE("input without any destination is a usage error and nothing of it is accepted") {
  const TempDir directory;
  std::string text = "rubbish\n";
  for (int i = 0; i < 700; ++i) text += event(std::to_string(i));
  directory.write("a.jsonl", text);
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"ingest", "a.jsonl"}, {"run", "a.jsonl"}, {"run", "--dry-run", "a.jsonl"}}) {
    CAPTURE(arguments[0]);
    const auto run = run_dispatch(directory, arguments);
    CHECK(run.exit_code == 2);
    CHECK(has(run.err, "no line of the input has a url"));
    CHECK(has(run.err, "--to URL"));
  }
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"ingest", "-"}, {"run", "-"}, {"run", "--dry-run", "-"}}) {
    for (const auto& input : {text, event("1")}) {
      CAPTURE(arguments[0]);
      const auto run = run_dispatch(directory, arguments, input);
      CHECK(run.exit_code == 2);
      CHECK(has(run.err, "no line of the input has a url"));
    }
  }
  CHECK(has(status(directory), "\"rejects_open\":0"));
  CHECK(run_dispatch(directory, {"events", "list", "--json"}).out.empty());
}

TEST_CASE("lines on standard input wait for the first that has a destination and are rejected then") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"ingest", "-"},
                                event("1") + R"({"event_id":"2","url":"http://127.0.0.1:9/"})"
                                             "\n");
  CHECK(run.exit_code == 4);
  CHECK(has(status(directory), "\"rejects_open\":1"));
}

TEST_CASE(
    "standard input that stays open says that its lines wait for a destination and ends after a thousand") {
  const TempDir directory;
  Child run{directory, {"ingest", "-"}};
  REQUIRE(run.write(event("0")));
  REQUIRE(run.err().wait_for("its lines wait for one that has, at most 1000 lines; give --to URL"));
  std::string text;
  for (int i = 1; i < 1'000; ++i) text += event(std::to_string(i));
  REQUIRE(run.write(text));
  CHECK(run.exit_code() == 2);
  CHECK(run_dispatch(directory, {"events", "list", "--json"}).out.empty());
}

TEST_CASE("lines on standard input that wait for a destination find a subscription that is added meanwhile") {
  for (const int more : {0, 1, 2'000}) {
    CAPTURE(more);
    const TempDir directory;
    Child run{directory, {"ingest", "-"}};
    REQUIRE(run.write(event("0")));
    REQUIRE(run.err().wait_for("its lines wait for one that has"));
    REQUIRE(run_dispatch(directory,
                         {"subscription", "add", "all", "--types", "*", "--url", "http://127.0.0.1:9/"})
                .exit_code == 0);
    std::string text;
    for (int i = 1; i <= more; ++i) text += event(std::to_string(i));
    REQUIRE(run.write(text));
    run.close_input();
    CHECK(run.exit_code() == 0);
    CHECK(has(status(directory), "\"pending\":" + std::to_string(more + 1) + ","));
  }
}

TEST_CASE("an error that ends the input at once is said once") {
  const TempDir directory;
  const auto run = run_dispatch(directory, {"run", "-"}, event("1"));
  CHECK(run.exit_code == 2);
  const auto at = run.err.find("no line of the input has a url");
  REQUIRE(at != std::string::npos);
  CHECK(run.err.find("no line of the input has a url", at + 1) == std::string::npos);
}

TEST_CASE("where some lines have a url those without are rejected whichever comes first") {
  const TempDir directory;
  std::string text;
  for (int i = 0; i < 700; ++i) text += event(std::to_string(i));
  directory.write("a.jsonl", text + R"({"event_id":"last","url":"http://127.0.0.1:9/"})"
                                    "\n");
  CHECK(run_dispatch(directory, {"ingest", "a.jsonl"}).exit_code == 4);
  CHECK(has(status(directory), "\"rejects_open\":700"));
  CHECK(lines_of(run_dispatch(directory, {"events", "list", "--json"}).out).size() == 1);
}

TEST_CASE("a conflict says what differs and how ids of several sources are told apart") {
  const TempDir directory;
  directory.write("a.jsonl", R"({"event_id":"1","type":"a","source":"/a","payload":1})"
                             "\n");
  directory.write("b.jsonl", R"({"event_id":"1","type":"b","source":"/a","payload":2})"
                             "\n");
  directory.write("c.jsonl", R"({"event_id":"1","type":"a","source":"/c","payload":1})"
                             "\n");
  CHECK(ingest(directory, {"a.jsonl"}).exit_code == 0);
  const auto other = ingest(directory, {"b.jsonl"});
  CHECK(other.exit_code == 4);
  CHECK(has(other.err, "event id '1' is in the journal already, at position 1, with another type, payload;"));
  CHECK_FALSE(has(other.err, "--field"));
  CHECK(has(ingest(directory, {"c.jsonl"}).err, "--field event_id=/source+/id"));
}

TEST_CASE("a rejected line without a number is said to come after its successors when it is run again") {
  const TempDir directory;
  const auto line = [](const std::string& id, const std::string& rest = "") {
    return "{\"event_id\":\"" + id + "\",\"entity_id\":\"X\"" + rest + "}\n";
  };
  directory.write("a.jsonl", line("1") + line("2", ",\"time\":5") + line("3"));
  const auto run = ingest(directory, {"a.jsonl"});
  CHECK(run.exit_code == 4);
  CHECK(has(run.err, "1  without a sequence number; when run again, they come after their successors"));
  const auto exporting = run_dispatch(directory, {"rejects", "export", "--all"});
  CHECK(has(exporting.err,
            "when run again, a line without a sequence number comes after the later events of its entity"));

  directory.write("mended.jsonl", line("2"));
  CHECK(ingest(directory, {"mended.jsonl"}).exit_code == 0);
  const auto events = lines_of(run_dispatch(directory, {"events", "list", "--entity", "X", "--json"}).out);
  REQUIRE(events.size() == 3);
  CHECK(has(events[2], R"("event_id":"2")"));

  directory.write("numbered.jsonl", line("4", ",\"sequence_number\":4") + "rubbish\n");
  CHECK_FALSE(has(ingest(directory, {"numbered.jsonl"}).err, "their successors"));
}

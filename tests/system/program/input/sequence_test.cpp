// Sequence numbers that are late or missing, and lines that were accepted for another URL, on the real
// program.

#include "system/program/scenario.hpp"

#include <fmt/format.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

using Ids = std::vector<std::string>;

Ids received_by(const Receiver& receiver) {
  Ids ids;
  for (const auto& request : receiver.received()) ids.push_back(id_of(request));
  return ids;
}

std::string numbered(std::initializer_list<int> numbers) {
  std::string text;
  for (const int number : numbers) text += event_line(fmt::format("e{}", number), "X", number);
  return text;
}

/// The arguments of the first command after "next: " that begins so.
std::vector<std::string> next_command(const std::string& text, const std::string& begins) {
  const std::string mark = "next: dispatch " + begins;
  const auto from = text.find(mark);
  REQUIRE(from != std::string::npos);
  const auto start = from + std::string{"next: dispatch "}.size();
  std::vector<std::string> words{""};
  for (const char c : text.substr(start, text.find("   (", start) - start))
    if (c == ' ')
      words.emplace_back();
    else
      words.back() += c;
  return words;
}

void require_verified(const TempDir& directory) {
  const auto verify = run_dispatch(directory, {"verify"});
  if (verify.exit_code != 0) FAIL_CHECK(verify.out << verify.err);
}

}  // namespace

TEST_CASE("with --first-sequence first what comes late but before anything was sent is sent first") {
  const TempDir directory;
  const Receiver receiver;
  directory.write("a.jsonl", numbered({12, 10, 11, 13}));
  const auto run =
      run_dispatch(directory, {"run", "a.jsonl", "--to", receiver.url(), "--first-sequence", "first"});
  CHECK(run.exit_code == 0);
  CHECK(received_by(receiver) == Ids{"e10", "e11", "e12", "e13"});
  directory.write("b.jsonl", numbered({9}));
  const auto late =
      run_dispatch(directory, {"run", "b.jsonl", "--to", receiver.url(), "--first-sequence", "first"});
  CHECK(late.exit_code == 4);
  CHECK(has(late.err, "lies before the start of the stream of entity 'X', which begins at 10"));
  require_verified(directory);
}

TEST_CASE("several ingests lower where a stream begins before a run sends it") {
  const TempDir directory;
  const Receiver receiver;
  for (const int number : {3, 1, 2, 0}) {
    directory.write("a.jsonl", numbered({number}));
    CHECK(run_dispatch(directory, {"ingest", "a.jsonl", "--to", receiver.url(), "--first-sequence", "first"})
              .exit_code == 0);
  }
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(received_by(receiver) == Ids{"e0", "e1", "e2", "e3"});
  require_verified(directory);
}

TEST_CASE("with --gaps ignore increasing numbers are enough and a late one is rejected with the reason") {
  const TempDir directory;
  const Receiver receiver;
  directory.write("a.jsonl", numbered({3, 7, 5, 8}));
  const std::vector<std::string> command{"run", "a.jsonl", "--to", receiver.url(), "--gaps", "ignore"};
  const auto run = run_dispatch(directory, command);
  CHECK(run.exit_code == 4);
  CHECK(has(run.err, "sequence number 5 of entity 'X' comes too late"));
  CHECK(has(run.err, "--gaps ignore"));
  CHECK(received_by(receiver) == Ids{"e3", "e7", "e8"});
  CHECK(run_dispatch(directory, command).exit_code == 4);
  CHECK(receiver.count() == 3);
  CHECK(run_dispatch(directory, {"gap", "list"}).out.find("X") == std::string::npos);
  CHECK(has(run_dispatch(directory, {"gap", "list", "--all"}).out, "ignored"));
  require_verified(directory);
}

TEST_CASE("a run that is stuck at gaps goes on when it is run again with --gaps ignore") {
  const TempDir directory;
  const Receiver receiver;
  directory.write("a.jsonl", numbered({3, 7}));
  const auto stuck = run_dispatch(directory, {"run", "a.jsonl", "--to", receiver.url()});
  CHECK(stuck.exit_code == 3);
  CHECK(has(stuck.err, "next: dispatch gap list"));
  const auto hint = run_dispatch(directory, {"gap", "list"});
  CHECK(has(hint.err, "--first-sequence"));
  CHECK(has(hint.err, "--gaps"));
  CHECK(run_dispatch(directory, {"run", "a.jsonl", "--to", receiver.url(), "--gaps", "ignore"}).exit_code ==
        0);
  CHECK(received_by(receiver) == Ids{"e3", "e7"});
  require_verified(directory);
}

TEST_CASE("a gap is waited for as long as --gaps says also after the input has ended") {
  const TempDir directory;
  const Receiver receiver;
  directory.write("a.jsonl", numbered({2, 3}));
  const auto began = std::chrono::steady_clock::now();
  const auto run = run_dispatch(directory, {"run", "a.jsonl", "--to", receiver.url(), "--gaps", "400ms"});
  CHECK(std::chrono::steady_clock::now() - began >= 400ms);
  CHECK(run.exit_code == 0);
  CHECK(has(run.err, "gaps given up"));
  CHECK(has(run.err, "with 1 missing sequence number"));
  CHECK(received_by(receiver) == Ids{"e2", "e3"});
  directory.write("b.jsonl", numbered({1}));
  const auto late = run_dispatch(directory, {"run", "b.jsonl", "--to", receiver.url()});
  CHECK(late.exit_code == 4);
  CHECK(has(late.err, "it was given up when a run had waited for it as long as --gaps says"));
  CHECK(has(run_dispatch(directory, {"gap", "list", "--all"}).out, "given up"));
  require_verified(directory);
}

TEST_CASE("a run whose input stays open delivers behind a gap that was waited for") {
  const TempDir directory;
  const Receiver receiver;
  Child run{directory, {"run", "-", "--to", receiver.url(), "--gaps", "200ms"}};
  REQUIRE(run.write(numbered({2})));
  REQUIRE(receiver.wait_ended(1));
  run.close_input();
  CHECK(run.exit_code() == 0);
}

TEST_CASE("--gaps takes wait or ignore or a duration") {
  const TempDir directory;
  directory.write("a.jsonl", numbered({1}));
  for (const char* wrong : {"", "never", "10", "-1s"}) {
    CAPTURE(wrong);
    const auto run =
        run_dispatch(directory, {"ingest", "a.jsonl", "--to", "http://a.test/", "--gaps", wrong});
    CHECK(run.exit_code == 2);
  }
  for (const char* right : {"wait", "ignore", "10m"})
    CHECK(
        run_dispatch(directory, {"ingest", "a.jsonl", "--to", "http://a.test/", "--gaps", right}).exit_code ==
        0);
}

TEST_CASE("with another --to nothing is sent and the summary says so and the command that sends it") {
  const TempDir directory;
  const Receiver first, second;
  directory.write("a.jsonl", streams(2, 3));
  REQUIRE(run_dispatch(directory, {"run", "a.jsonl", "--to", first.url()}).exit_code == 0);
  CHECK_FALSE(has(run_dispatch(directory, {"run", "a.jsonl", "--to", first.url()}).err, "nothing was sent"));

  const auto again = run_dispatch(directory, {"run", "a.jsonl", "--to", second.url()});
  CHECK(again.exit_code == 0);
  CHECK(second.count() == 0);
  CHECK(has(again.err,
            "nothing was sent: 6 events are in the journal already, for another URL than " + second.url()));
  CHECK(has(again.err, "6  of those: recorded for another URL, not sent to " + second.url()));
  CHECK(run_dispatch(directory, next_command(again.err, "replay")).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(second.count() == 6);
  CHECK(first.count() == 6);
  CHECK_FALSE(has(run_dispatch(directory, {"run", "a.jsonl", "--to", second.url()}).err, "another URL"));
}

TEST_CASE("with another --to what waits is left where it goes and the summary names redirect") {
  const TempDir directory;
  const Receiver receiver;
  directory.write("a.jsonl", streams(2, 3));
  const std::string wrong = "http://127.0.0.1:1/";
  REQUIRE(run_dispatch(directory, {"ingest", "a.jsonl", "--to", wrong}).exit_code == 0);
  directory.write("b.jsonl", streams(2, 3) + event_line("new", "Y", 1));
  const auto again = run_dispatch(directory, {"ingest", "b.jsonl", "--to", receiver.url()});
  CHECK(again.exit_code == 0);
  CHECK(has(again.err, "6 events are in the journal already, for another URL than"));
  CHECK(has(again.err, "and were not sent there"));
  CHECK(run_dispatch(directory, next_command(again.err, "redirect")).exit_code == 0);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(receiver.count() == 7);
  const auto json = run_dispatch(
      directory, {"--log-format", "json", "ingest", "b.jsonl", "--to", "http://127.0.0.1:1/elsewhere"});
  CHECK(has(json.err, "\"duplicates_elsewhere\":7"));
}

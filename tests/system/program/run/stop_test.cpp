// Stopping, being killed, and going on.

#include "system/program/scenario.hpp"

#include <atomic>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Asks until the journal has so many deliveries in flight; false where that does not come.
bool in_flight_becomes(int count, const TempDir& directory) {
  const auto wanted = fmt::format("\"in_flight\":{},", count);
  for (int tries = 0; tries < 1000; ++tries)
    if (has(run_dispatch(directory, {"status", "--json"}).out, wanted)) return true;
  return false;
}

/// Holds the writer lock of a journal, which is byte 1 of its lock file, as a process does that is stopped in
/// the middle of a transaction.
dispatch::Fd locked_journal(const std::string& journal) {
  dispatch::Fd file{::open((journal + ".gate").c_str(), O_RDWR | O_CLOEXEC)};
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = 1;
  lock.l_len = 1;
  REQUIRE(::fcntl(file.get(), F_OFD_SETLKW, &lock) == 0);
  return file;
}

}  // namespace

TEST_CASE("a process that waits for a locked journal says so and ends at SIGTERM") {
  const TempDir directory;
  const std::string to = "http://127.0.0.1:9/";
  REQUIRE(run_dispatch(directory, {"ingest", "-", "--to", to}, event_line("a", "A", 1)).exit_code == 0);
  const auto lock = locked_journal(directory / "dispatch.db");
  const auto holder = fmt::format("process {} (see: ps -fp", ::getpid());
  for (const std::string command : {"run", "ingest"}) {
    Child child{directory, {command, "-", "--to", to}};
    REQUIRE(child.write(event_line("b", "B", 1)));
    child.close_input();
    CHECK(child.err().wait_for("waiting for journal dispatch.db: " + holder));
    child.signal(SIGTERM);
    CHECK(child.exit_code(10s) == 5);
    const auto said = child.err().all();
    CAPTURE(said);
    CHECK(has(said, "interrupted while waiting for journal dispatch.db"));
    CHECK(has(said, "nothing more was written"));
    CHECK_FALSE(has(said, "  accepted"));  // no block of zeros before the error
  }
  CHECK_FALSE(has(run_dispatch(directory, {"events", "list"}).out, "\nb "));

  Child discard{directory, {"events", "cancel", "--all"}};
  CHECK(discard.err().wait_for("waiting for journal dispatch.db: " + holder));
  discard.signal(SIGTERM);
  CHECK(discard.exit_code(10s) == 128 + SIGTERM);
}

TEST_CASE("a process that waited for a locked journal goes on when it is free") {
  const TempDir directory;
  const std::vector<std::string> ingest{"ingest", "-", "--to", "http://127.0.0.1:9/"};
  REQUIRE(run_dispatch(directory, ingest, event_line("a", "A", 1)).exit_code == 0);
  auto lock = locked_journal(directory / "dispatch.db");
  Child child{directory, ingest};
  REQUIRE(child.write(event_line("b", "B", 1)));
  child.close_input();
  REQUIRE(child.err().wait_for("waiting for journal"));
  lock = {};
  CHECK(child.exit_code() == 0);
  CHECK(has(child.err().all(), "journal dispatch.db is free again after"));
  CHECK(line_count(run_dispatch(directory, {"events", "list", "--json"}).out) == 2);
}

TEST_CASE("outcomes of requests are kept where the journal is locked while a run is ended") {
  const TempDir directory;
  Receiver receiver{[](const Received&, std::size_t) {
    Answer answer;
    answer.manner = Answer::Manner::held;
    return answer;
  }};
  Child run{directory, {"run", "-", "--to", receiver.url(), "--timeout", "60s"}};
  REQUIRE(run.write(event_line("a", "A", 1)));
  run.close_input();
  REQUIRE(receiver.wait_for(1));
  auto lock = locked_journal(directory / "dispatch.db");
  receiver.release();
  REQUIRE(run.err().wait_for("waiting for journal"));
  run.signal(SIGTERM);
  CHECK_FALSE(run.wait(1s).has_value());  // one signal does not cost the outcome
  lock = {};
  CHECK(run.exit_code() == 0);  // that was all there was to do
  CHECK(has(run_dispatch(directory, {"status", "--json"}).out, "\"completed\":1,"));
}

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

TEST_CASE("after SIGTERM nothing starts that was committed and still waited for a connection") {
  const TempDir directory;
  // What is ahead of a connection is committed where a receiver is known to answer at once.
  constexpr std::size_t quick = 150;
  std::atomic<bool> hold{true};
  Receiver receiver{[&](const Received& request, std::size_t) {
    Answer answer;
    if (hold && request.number >= quick) answer.manner = Answer::Manner::held;
    return answer;
  }};
  directory.write("events.jsonl", streams(quick + 200, 1));
  Child run{directory, {"run", "events.jsonl", "--to", receiver.url(), "--timeout", "60s"}};
  REQUIRE(receiver.wait_for(quick + 50));
  REQUIRE(in_flight_becomes(100, directory));
  run.signal(SIGTERM);
  REQUIRE(in_flight_becomes(50, directory));  // the others are given back
  CHECK(receiver.count() == quick + 50);
  hold = false;
  receiver.release();
  CHECK(run.exit_code() == 5);
  CHECK(receiver.count() == quick + 50);

  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  const auto seen = review(receiver.received());
  CHECK(receiver.count() == quick + 200);
  CHECK(seen.requests.size() == quick + 200);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

// timeout(1) sends its signal to the program, and at once to its process group.
TEST_CASE("a signal that is sent twice at once is one") {
  const TempDir directory;
  Receiver receiver{[](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; }};
  Child run{directory, {"run", "-", "--to", receiver.url(), "--timeout", "60s"}};
  REQUIRE(run.write(event_line("e1", "X", 1)));
  REQUIRE(receiver.wait_for(1));
  run.signal(SIGTERM);
  run.signal(SIGTERM);
  REQUIRE(run.err().wait_for("no new request starts"));
  run.signal(SIGTERM);
  receiver.release();
  CHECK(run.exit_code() == 5);
  CHECK_FALSE(has(run.err().text(), "aborted"));
  CHECK(receiver.count() == 1);
  CHECK(has(run_dispatch(directory, {"status", "--json"}).out, "\"completed\":1,"));
}

// Takes half a second of wall time.
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
  std::this_thread::sleep_for(600ms);
  run.signal(SIGINT);
  CHECK(run.exit_code() == 5);
  const auto unknown = run_dispatch(directory, {"events", "list", "--unknown", "--json"});
  CHECK(lines_of(unknown.out).size() == 2);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(receiver.count() == 4);
}

// Takes a second of wall time.
TEST_CASE("a process that stood still longer than its timeout takes the answers that came meanwhile") {
  const TempDir directory;
  Receiver receiver{[](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; }};
  constexpr std::size_t count = 200;
  Child run{directory, {"run", "-", "--to", receiver.url(), "--timeout", "400ms", "--per-host", "200"}};
  REQUIRE(run.write(streams(count, 1)));
  REQUIRE(receiver.wait_for(count));
  run.signal(SIGSTOP);
  siginfo_t stopped{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(run.pid()), &stopped, WSTOPPED) == 0);
  receiver.release();
  REQUIRE(receiver.wait_ended(count));
  std::this_thread::sleep_for(800ms);
  run.signal(SIGCONT);
  run.close_input();
  CHECK(run.exit_code() == 0);
  CHECK(receiver.count() == count);
  for (const auto& request : receiver.received()) CHECK(request.ending == Ending::answered);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
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

TEST_CASE("a run that is stopped says what it has not read and the next command reads it") {
  const TempDir directory;
  const Receiver receiver;
  directory.write("more files.jsonl", event_line("e3", "X", 3) + event_line("e4", "X", 4));
  const std::vector<std::string> command{"run", "--to", receiver.url(), "-", "more files.jsonl"};
  const std::string input = event_line("e1", "X", 1) + event_line("e2", "X", 2);
  Child run{directory, command};
  REQUIRE(run.write(input));
  REQUIRE(receiver.wait_ended(2));
  run.signal(SIGTERM);
  CHECK(run.exit_code() == 5);
  const auto said = run.err().all();
  CHECK(has(said, "not read: standard input after line 2\n"));
  CHECK(has(said, "not read: more files.jsonl\n"));
  CHECK(has(said,
            "next: dispatch run --to " + receiver.url() + " - 'more files.jsonl'   (read what was not read"));
  CHECK_FALSE(has(said, "next: dispatch run   (resume)"));

  const auto rest = run_dispatch(directory, command, input);
  CHECK(rest.exit_code == 0);
  CHECK_FALSE(has(rest.err, "not read"));
  CHECK(receiver.count() == 4);
}

TEST_CASE("a run that is stopped within a large file reads the rest of it when it is run again") {
  const TempDir directory;
  std::atomic<bool> hold{true};
  Receiver receiver{[&](const Received&, std::size_t) {
    Answer answer;
    if (hold) answer.manner = Answer::Manner::held;
    return answer;
  }};
  constexpr int events = 20'000;
  directory.write("big.jsonl", streams(events, 1));
  const std::vector<std::string> command{"run", "--to", receiver.url(), "--timeout", "60s", "big.jsonl"};
  Child run{directory, command};
  REQUIRE(receiver.wait_for(1));
  run.signal(SIGTERM);
  REQUIRE(run.err().wait_for("no new request starts"));
  hold = false;
  receiver.release();
  CHECK(run.exit_code() == 5);
  CHECK(has(run.err().all(), "not read: big.jsonl after line "));
  CHECK(run_dispatch(directory, command).exit_code == 0);
  const auto seen = review(receiver.received());
  CHECK(seen.requests.size() == events);
  CHECK(receiver.count() == events);
}

TEST_CASE("a run that is stopped after the end of its input has read it all") {
  const TempDir directory;
  Receiver receiver{[](const Received&, std::size_t) { return Answer{.manner = Answer::Manner::held}; }};
  directory.write("events.jsonl", event_line("e1", "X", 1) + event_line("e2", "X", 2));
  Child run{directory, {"run", "--to", receiver.url(), "--timeout", "60s", "events.jsonl"}};
  REQUIRE(receiver.wait_for(1));
  run.signal(SIGTERM);
  REQUIRE(run.err().wait_for("no new request starts"));
  receiver.release();
  CHECK(run.exit_code() == 5);
  CHECK_FALSE(has(run.err().all(), "not read"));
  CHECK(has(run.err().all(), "next: dispatch run   (resume)"));
}

TEST_CASE("an ingest that is stopped says what it has not read") {
  const TempDir directory;
  Child ingest{directory, {"ingest", "--to", "http://127.0.0.1:9/", "-"}};
  REQUIRE(ingest.write(event_line("e1", "X", 1)));
  bool accepted = false;
  for (int tries = 0; tries < 1000 && !accepted; ++tries)
    accepted = has(run_dispatch(directory, {"status", "--json"}).out, "\"pending\":1,");
  REQUIRE(accepted);
  ingest.signal(SIGTERM);
  CHECK(ingest.exit_code() == 5);
  const auto said = ingest.err().all();
  CHECK(has(said, "not read: standard input after line 1\n"));
  CHECK(has(said, "next: dispatch ingest --to http://127.0.0.1:9/ -   (read what was not read"));
  CHECK(has(said, "next: dispatch run   (deliver what was accepted)"));
}

TEST_CASE("SIGTERM is heard while a hole in a file is passed over") {
  const TempDir directory;
  directory.write("sparse.log", "");
  std::filesystem::resize_file(directory / "sparse.log", std::uintmax_t{1} << 40);
  Child ingest{directory, {"ingest", "--to", "http://127.0.0.1:9/", "sparse.log"}};
  // It reads once more than its libraries have been loaded, and its signals are handled before.
  const auto bytes_read = [&] {
    std::ifstream io{fmt::format("/proc/{}/io", ingest.pid())};
    std::string name;
    std::uint64_t bytes = 0;
    io >> name >> bytes;
    return bytes;
  };
  for (int tries = 0; tries < 3000 && bytes_read() < 64'000'000; ++tries) std::this_thread::sleep_for(10ms);
  ingest.signal(SIGTERM);
  CHECK(ingest.exit_code() == 5);
  CHECK(has(ingest.err().all(), "not read: sparse.log\n"));
}

TEST_CASE("each text of a sequence on an open pipe is sent when it has come") {
  const TempDir directory;
  const Receiver receiver;
  Child run{directory, {"run", "--to", receiver.url(), "-"}};
  REQUIRE(run.write("\x1E" + event_line("s1", "X", 1)));
  REQUIRE(receiver.wait_for(1));
  REQUIRE(run.write("\x1E" + event_line("s2", "X", 2)));
  REQUIRE(receiver.wait_ended(2));
  run.signal(SIGTERM);
  CHECK(run.exit_code() == 5);
  CHECK(receiver.count() == 2);
}

// The program when its disk fails: it stops with exit 1 and says why, and with the fault gone a rerun
// finishes.

#include "base/system/fd.hpp"
#include "system/program/scenario.hpp"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace dispatch::test;

namespace {

constexpr int entities = 5, each = 10;

/// The number behind a word in a row of the summary.
int counted(const std::string& text, const std::string& word) {
  const auto at = text.find("  " + word + " ");
  return at == std::string::npos ? 0 : std::stoi(text.substr(at + word.size() + 2));
}

/// The number under a key of a JSON object.
int number_under(const std::string& key, const std::string& json) {
  const auto at = json.find('"' + key + "\":");
  return at == std::string::npos ? 0 : std::stoi(json.substr(at + key.size() + 3));
}

void check_stopped(const Finished& run) {
  CAPTURE(run.err);
  CHECK(run.exit_code == 1);
  CHECK(has(run.err, "dispatch: cannot "));
  CHECK(has(run.err, "; "));
}

/// What the run says that it accepted and delivered is in the journal.
void check_stats(const TempDir& directory, const Finished& run) {
  const auto status = run_dispatch(directory, {"status", "--json"});
  if (status.exit_code != 0) return;  // there is no journal yet
  CHECK(counted(run.err, "accepted") <= number_under("last_position", status.out));
  CHECK(counted(run.err, "delivered") <= number_under("completed", status.out));
}

/// What is left is delivered, and in the whole of both runs nothing broke a promise.
void check_rerun(const TempDir& directory, const std::string& input, const Receiver& receiver) {
  const auto rerun = run_dispatch(directory, {"run", "-", "--to", receiver.url()}, input);
  CAPTURE(rerun.err);
  CHECK(rerun.exit_code == 0);
  const auto seen = review(receiver.received());
  CHECK(seen.completed.size() == entities * each);
  CHECK(seen.order_violations == 0);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

/// A directory in which nothing can be made while this lives. Not everybody may have one: see is_there().
class ReadOnlyDirectory {
 public:
  explicit ReadOnlyDirectory(std::string path) : path_(std::move(path)) {
    std::filesystem::create_directory(path_);
    if (::geteuid() != 0)
      there_ = ::chmod(path_.c_str(), 0555) == 0;
    else  // whom no mode keeps from writing
      there_ = mounted_ = ::mount("none", path_.c_str(), "tmpfs", MS_RDONLY, "size=64k") == 0;
  }
  ReadOnlyDirectory(const ReadOnlyDirectory&) = delete;
  ReadOnlyDirectory& operator=(const ReadOnlyDirectory&) = delete;
  ~ReadOnlyDirectory() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    ::chmod(path_.c_str(), 0755);
  }
  bool is_there() const { return there_; }

 private:
  std::string path_;
  bool mounted_ = false;
  bool there_ = false;
};

/// Makes what is in a directory read-only while this lives. Not everybody may: see is_there().
class ReadOnlyMedia {
 public:
  explicit ReadOnlyMedia(std::string path) : path_(std::move(path)) {
    if (::geteuid() != 0) {
      there_ = ::chmod(path_.c_str(), 0555) == 0;
      return;
    }
    mounted_ = ::mount(path_.c_str(), path_.c_str(), nullptr, MS_BIND, nullptr) == 0;
    there_ =
        mounted_ && ::mount(nullptr, path_.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
  }
  ReadOnlyMedia(const ReadOnlyMedia&) = delete;
  ReadOnlyMedia& operator=(const ReadOnlyMedia&) = delete;
  ~ReadOnlyMedia() {
    if (mounted_) ::umount2(path_.c_str(), MNT_DETACH);
    ::chmod(path_.c_str(), 0755);
  }
  bool is_there() const { return there_; }

 private:
  std::string path_;
  bool mounted_ = false;
  bool there_ = false;
};

/// A named pipe that takes nothing more until it is drained.
class FullPipe {
 public:
  explicit FullPipe(const std::string& path) {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    pipe_ = dispatch::Fd{::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC)};
    const std::string filling(4096, ' ');
    while (::write(pipe_.get(), filling.data(), filling.size()) > 0) {
    }
  }
  /// Takes what is in it.
  void drain() const {
    std::string taken(4096, ' ');
    while (::read(pipe_.get(), taken.data(), taken.size()) > 0) {
    }
  }

 private:
  dispatch::Fd pipe_;
};

/// Waits until the main thread of the process waits for room on its standard error: nothing else makes it
/// poll a single descriptor. False where that does not come.
bool waits_for_stderr(pid_t process) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < until) {
    long number = 0;
    unsigned long descriptors = 0;
    const auto call = read_file(fmt::format("/proc/{}/syscall", process));
    if (std::sscanf(call.c_str(), "%ld %*x %lx", &number, &descriptors) == 2 && number == SYS_poll &&
        descriptors == 1)
      return true;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return false;
}

}  // namespace

TEST_CASE("an operation of the disk that fails stops the run and a rerun finishes it") {
  const std::string input = streams(entities, each);
  for (const char* fault : {"io_error", "no_space", "short_write"}) {
    // Few enough for each to come: a commit is one write, and how many there are depends on the moment.
    for (const int operation : {1, 2, 3, 5, 8, 13}) {
      const auto plan = fmt::format("{} {} stays", fault, operation);
      CAPTURE(plan);
      const TempDir directory;
      const Receiver receiver;
      Child::Setup setup;
      setup.program = DISPATCH_ON_A_FAULTY_DISK;
      setup.environment["DISPATCH_TEST_DISK_FAULT"] = plan;
      const auto run = run_dispatch(directory, {"run", "-", "--to", receiver.url()}, input, setup);
      check_stopped(run);
      check_stats(directory, run);
      check_rerun(directory, input, receiver);
    }
  }
}

TEST_CASE("a file that may not grow stops the run and a rerun finishes it") {
  const TempDir directory;
  const Receiver receiver;
  std::string input;
  const std::string payload = '"' + std::string(10'000, 'p') + '"';
  for (int sequence = 1; sequence <= each; ++sequence)
    for (int entity = 0; entity < entities; ++entity)
      input += event_line(fmt::format("E{}-{}", entity, sequence), fmt::format("E{}", entity), sequence, {},
                          payload);
  Child::Setup shell;
  shell.program = "/bin/sh";
  const std::string limited = R"(ulimit -f 600; exec "$0" "$@")";  // and SIGXFSZ is as it is by default
  const auto run = run_dispatch(
      directory, {"-c", limited, DISPATCH_PROGRAM, "run", "-", "--to", receiver.url()}, input, shell);
  check_stopped(run);
  check_stats(directory, run);
  check_rerun(directory, input, receiver);
}

TEST_CASE("a directory that cannot be written stops the run before anything is sent") {
  const TempDir directory;
  const Receiver receiver;
  const std::string input = streams(entities, each);
  {
    const ReadOnlyDirectory closed{directory / "closed"};
    if (!closed.is_there()) {
      MESSAGE("skipped: this user may not make a read-only directory");
      return;
    }
    const auto run = run_dispatch(
        directory, {"run", "-", "--to", receiver.url(), "--journal", "closed/dispatch.db"}, input);
    check_stopped(run);
    CHECK(has(run.err, "closed/dispatch.db"));
  }
  CHECK(receiver.count() == 0);
  const auto rerun =
      run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--journal", "closed/dispatch.db"}, input);
  CHECK(rerun.exit_code == 0);
  CHECK(receiver.count() == entities * each);
}

TEST_CASE("a journal on read-only media without a log beside it can be looked at") {
  const TempDir directory;
  const Receiver receiver;
  const std::string journal = directory / "media/dispatch.db";
  std::filesystem::create_directory(directory / "media");
  REQUIRE(run_dispatch(directory, {"run", "-", "--to", receiver.url(), "--journal", journal}, streams(2, 3))
              .exit_code == 0);
  for (const char* suffix : {"-wal", "-shm", ".gate"}) std::filesystem::remove(journal + suffix);
  const ReadOnlyMedia media{directory / "media"};
  if (!media.is_there()) {
    MESSAGE("skipped: this user may not make a directory read-only");
    return;
  }
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{
           {"status"}, {"events", "list"}, {"attempts", "E0-1"}, {"verify"}}) {
    auto arguments = command;
    arguments.insert(arguments.end(), {"--journal", journal});
    const auto look = run_dispatch(directory, arguments);
    CAPTURE(command.front());
    CAPTURE(look.err);
    CHECK(look.exit_code == 0);
  }
  CHECK(has(run_dispatch(directory, {"events", "list", "--journal", journal}).out, "E1-3"));
}

TEST_CASE("a rejects file that takes nothing stops the run and a rerun writes it") {
  const TempDir directory;
  const Receiver receiver;
  const std::string input = streams(entities, each) + "rubbish\n";
  std::vector<std::string> arguments{"run", "-", "--to", receiver.url(), "--rejects", "/dev/full"};
  const auto run = run_dispatch(directory, arguments, input);
  check_stopped(run);
  CHECK(has(run.err, "/dev/full"));
  arguments.back() = "rejects.jsonl";
  CHECK(run_dispatch(directory, arguments, input).exit_code == 4);  // the line is still rejected
  CHECK(lines_of(read_file(directory / "rejects.jsonl")).size() == 1);
  CHECK(review(receiver.received()).completed.size() == entities * each);
  CHECK(run_dispatch(directory, {"run"}).exit_code == 0);
  CHECK(run_dispatch(directory, {"verify"}).exit_code == 0);
}

TEST_CASE("an ingest that fails in the middle of a large turn destroys nothing of a run beside it") {
  const TempDir directory;
  const Receiver receiver;
  constexpr int entities_before = 50, each_before = 60;
  directory.write("events.jsonl", streams(entities_before, each_before));
  REQUIRE(run_dispatch(directory, {"run", "events.jsonl", "--to", receiver.url()}).exit_code == 0);
  std::size_t sent = entities_before * each_before;
  // A little more than a connection keeps in memory, so that the end of it is on its way to the log when the
  // rejected line before it cannot be written.
  const std::string large = '"' + std::string(14'900'000, 'p') + '"';
  directory.write("large.jsonl", "rubbish\n" + event_line("large", "large", 1, {}, large));

  for (int round = 1; round <= 2; ++round) {
    CAPTURE(round);
    Child run{directory, {"run", "-", "--to", receiver.url()}};
    // An attempt that a kill left unknown was made twice: so many requests are no event of their own.
    const std::size_t repeated = receiver.count() - sent;
    const auto commit_some = [&] {
      for (int i = 0; i < entities_before; ++i, ++sent)
        REQUIRE(run.write(event_line(fmt::format("A{}", sent), fmt::format("E{}", i),
                                     1 + static_cast<std::int64_t>(sent) / entities_before)));
      REQUIRE(receiver.wait_ended(sent + repeated));
    };
    FullPipe err{directory / fmt::format("err{}", round)};
    Child::Setup shell;
    shell.program = "/bin/sh";
    Child ingest{
        directory,
        {"-c", fmt::format(R"(exec "$0" "$@" 2>err{})", round), DISPATCH_PROGRAM, "ingest", "large.jsonl",
         "--max-line", "64MiB", "--to", receiver.url(), "--rejects", "/dev/full", "--log-level", "error"},
        shell};
    // It says that it has failed after it has given the turn up, and before it closes the journal.
    REQUIRE(waits_for_stderr(ingest.pid()));
    for (int i = 0; i < 20; ++i) commit_some();
    err.drain();
    CHECK(ingest.exit_code() == 1);
    // Whoever comes after a kill reads the log from its beginning, as far as it is whole.
    run.signal(SIGKILL);
    CHECK(run.exit_code() == 128 + SIGKILL);
    const auto resumed = run_dispatch(directory, {"run"});
    CAPTURE(resumed.err);
    CHECK(resumed.exit_code == 0);
    const auto verified = run_dispatch(directory, {"verify"});
    CAPTURE(verified.out);
    CHECK(verified.exit_code == 0);
    CHECK_MESSAGE(has(verified.err, fmt::format("{} events", sent)), verified.err);
  }
}

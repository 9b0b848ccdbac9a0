#pragma once

#include "base/system/fd.hpp"
#include "support/disk/temp_dir.hpp"

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <sys/types.h>

namespace dispatch::test {

/// How long anything that a test waits for may take; far above what it does take.
inline constexpr std::chrono::seconds patience{60};

/// How a process ended: one of the two is set.
struct Ended {
  std::optional<int> exit_code;
  std::optional<int> signal;
};

/// What a process writes to one of its outputs, read by a thread of its own so that the process never waits.
class Capture {
 public:
  explicit Capture(Fd end);
  ~Capture();
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  /// All that has come so far.
  std::string text() const;
  /// All there is; waits for the end, which comes when the last process that holds the output has closed it.
  std::string all() const;
  /// Waits until `part` has been written; false where the end, or the end of patience, came first.
  bool wait_for(std::string_view part) const;

 private:
  void read();

  Fd end_;
  mutable std::mutex mutex_;
  mutable std::condition_variable news_;
  std::string text_;
  bool ended_ = false;
  std::thread reader_;
};

/// One run of the program under test, in a directory of its own choosing, with an environment that holds
/// nothing of the tester's but the path, and turns the circuit breaker off. What it writes is captured. It is
/// killed, by its process id, where it outlives this object.
class Child {
 public:
  struct Setup {
    std::map<std::string, std::string> environment;
    std::string program;  ///< empty: the dispatch of this build
  };

  /// Starts `dispatch ARGUMENTS...` in `directory`. Its standard input is a pipe that stays open until
  /// close_input().
  Child(const TempDir& directory, std::vector<std::string> arguments, const Setup& setup = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  pid_t pid() const { return pid_; }
  /// Writes all of `text` to its standard input; false where it no longer reads.
  bool write(std::string_view text);
  void close_input();
  void signal(int number) const;

  /// Waits for the end, at most for as long as `bound`; nothing where it still runs then.
  std::optional<Ended> wait(std::chrono::milliseconds bound = patience);
  /// wait(), and the exit code; a signal counts as 128 and its number, as in a shell; -1 where it still runs.
  int exit_code(std::chrono::milliseconds bound = patience);

  const Capture& out() const { return *out_; }
  const Capture& err() const { return *err_; }

 private:
  pid_t pid_ = -1;
  Fd handle_;  // a pidfd: becomes readable when the process ends
  Fd input_;
  std::optional<Capture> out_, err_;
  std::optional<Ended> ended_;
};

/// A whole run: what went out and how it ended.
struct Finished {
  int exit_code;
  std::string out;
  std::string err;
};

/// Runs `dispatch ARGUMENTS...` to its end with `input` on its standard input.
Finished run_dispatch(const TempDir& directory, std::vector<std::string> arguments,
                      std::string_view input = {}, const Child::Setup& setup = {});

/// What was said, read: whether `part` stands in it, its lines, and how many there are.
bool has(std::string_view text, std::string_view part);
std::vector<std::string> lines_of(const std::string& text);
std::size_t line_count(std::string_view text);
/// The text under a key of a JSON object on one line, as it stands there; empty where there is none.
std::string text_under(std::string_view key, std::string_view line);

}  // namespace dispatch::test

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

namespace dispatch::jq {

class Process;

/// Why a program returned no result.
struct RunError {
  enum class Cause {
    program,  ///< the program, its document or the limits: the same input fails again
    machine,  ///< the machine: no process could be started, or it was killed or stopped from outside
  };
  Cause cause = Cause::program;
  std::string message;  ///< as in Error
};

template <class T = void>
using RunResult = tl::expected<T, RunError>;

/// True as jq defines it: any output but false, null, and nothing.
inline bool is_true(const std::optional<std::string>& output) {
  return output && *output != "false" && *output != "null";
}

/// Limits of one jq program for one document. A program that exceeds them is ended, and fails.
struct Limits {
  std::chrono::milliseconds processor_time{1'000};          ///< default 1 s
  std::size_t memory = std::size_t{256} * 1024 * 1024;      ///< bytes, of all programs together; 256 MiB
  std::size_t output_most = std::size_t{16} * 1024 * 1024;  ///< bytes of the output; default 16 MiB
};

/// A program in the language of jq 1.6 (libjq), compiled once and run for many documents.
///
/// It runs in a separate process, which is this program started again: libjq cannot be interrupted, ends its
/// process when memory runs out, and overflows the stack on deeply nested documents. Such a failure must
/// affect only the document. A new process is started for the next document.
///
/// A program sees only its input: no environment (`env` and `$ENV` are {}), no files and no modules (`import`
/// and `include` are refused, `input`, `input_filename` and the like fail), and `debug` and `stderr` print
/// nothing. Numbers are doubles, as in jq: integers beyond 2^53 are rounded.
///
/// An Interpreter and its programs share a process and are used by one thread at a time.
class Program {
 public:
  /// Compiles in a process of its own. Fails with jq's message if the program does not compile.
  static RunResult<Program> compile(std::string_view text, Limits limits = {});

  /// Returns the first output for one JSON document, as JSON without spaces; nothing if there is no output.
  /// Later outputs are not computed. Fails if `json` is not JSON (or nests deeper than 256), if the program
  /// fails or exceeds a limit, and if the machine has no process for it; see RunError::cause.
  RunResult<std::optional<std::string>> run(std::string_view json);

  /// Runs the program, and returns is_true() of the first output.
  RunResult<bool> holds(std::string_view json);

 private:
  friend class Interpreter;
  Program(std::shared_ptr<Process> process, std::string text);
  RunResult<> load();

  std::shared_ptr<Process> process_;
  std::string text_;
  std::uint64_t life_ = 0;    // number of the process in which it is compiled
  std::uint32_t number_ = 0;  // its number in that process
};

/// Every program that runs jq programs must call this first in main(): if the process was started to run jq
/// programs, it serves them and does not return.
void serve_if_asked(int argc, char** argv);

/// A process for several programs.
class Interpreter {
 public:
  explicit Interpreter(Limits limits = {});
  RunResult<Program> compile(std::string_view text) const;

 private:
  std::shared_ptr<Process> process_;
};

}  // namespace dispatch::jq

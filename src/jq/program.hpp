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

/// Why a program gave no result.
struct RunError {
  enum class Cause {
    program,  ///< the program, its document or the limits: the same again fails again
    machine,  ///< this machine: no process could be started, or it was killed or stopped from outside
  };
  Cause cause = Cause::program;
  std::string message;  ///< as in Error
};

template <class T = void>
using RunResult = tl::expected<T, RunError>;

/// What jq calls true of a program's output: all but false, null, and nothing.
inline bool is_true(const std::optional<std::string>& output) {
  return output && *output != "false" && *output != "null";
}

/// What one jq program may take for one document. What takes more is ended, and fails.
struct Limits {
  std::chrono::milliseconds processor_time{1'000};          ///< default 1 s
  std::size_t memory = std::size_t{256} * 1024 * 1024;      ///< bytes, of all programs together; 256 MiB
  std::size_t output_most = std::size_t{16} * 1024 * 1024;  ///< bytes of the output; default 16 MiB
};

/// A program in the language of jq 1.6 (libjq), made once and run for many documents.
///
/// It runs in a process of its own, which is this program once more: libjq cannot be interrupted, ends its
/// process where memory runs out, and overflows the stack on documents nested deep, and none of that may cost
/// a run more than the document. What was ended is begun anew for the next document.
///
/// A program sees its input and nothing else: no environment (`env` and `$ENV` are {}), no file and no
/// module (`import` and `include` are refused, `input`, `input_filename` and their like fail), and `debug`
/// and `stderr` say nothing. Its numbers are doubles, as jq's are: integers beyond 2^53 are rounded.
///
/// Programs that share a process, and the Interpreter they are of, belong to one thread at a time.
class Program {
 public:
  /// In a process for itself. Fails with what jq says of a program that does not compile.
  static RunResult<Program> compile(std::string_view text, Limits limits = {});

  /// The first output for one JSON document, as JSON without spaces; nothing where there is none. What would
  /// come after it is not computed. Fails where `json` is not JSON (or nests deeper than 256), where the
  /// program fails, at the limits, and where the machine has no process for it; RunError::cause tells which.
  RunResult<std::optional<std::string>> run(std::string_view json);

  /// True where is_true() of the first output.
  RunResult<bool> holds(std::string_view json);

 private:
  friend class Interpreter;
  Program(std::shared_ptr<Process> process, std::string text);
  RunResult<> load();

  std::shared_ptr<Process> process_;
  std::string text_;
  std::uint64_t life_ = 0;    // of the process in which it is compiled
  std::uint32_t number_ = 0;  // there
};

/// What every program that runs jq programs calls first in its main(): where it was started as the process
/// for them it serves as such, and does not return.
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

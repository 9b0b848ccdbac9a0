#pragma once

#include "base/system/fd.hpp"
#include "jq/program.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace dispatch::jq {

/// A request to the process; Answer is its reply. Both are sent over a socket pair as they are in memory,
/// followed by the text.
struct Request {
  enum class Kind : std::uint8_t { compile, run };
  Kind kind = Kind::compile;
  std::uint32_t program = 0;  ///< number of the program, from 0, in the order of compilation in this life
  std::uint64_t bytes = 0;    ///< length of the program's text or of the document
};
struct Answer {
  enum class Kind : std::uint8_t {
    output,
    nothing,
    error,      ///< the program or its document is wrong
    no_memory,  ///< no memory for the program itself
  };
  Kind kind = Kind::nothing;
  std::uint64_t bytes = 0;  ///< length of the output, or of jq's message
};

/// True if the size in an answer is allowed, so that the parent can trust it whatever happened to the
/// process: up to Limits::output_most for an output, up to message_most for a message.
bool is_bounded(const Answer& answer, const Limits& limits);

/// Maximum length of jq's message, in bytes.
inline constexpr std::size_t message_most = 200;

/// The exit code of a process that could not confine itself.
inline constexpr int not_confined = 71;

/// The process that runs jq programs: this program started again, which serves requests instead of its normal
/// work (see serve_if_asked()), without an environment, and confined (jq/confinement.hpp). It starts at the
/// first request, and again after it was ended. It ends with this object, or with the parent process. Used by
/// one thread at a time.
class Process {
 public:
  explicit Process(Limits limits) : limits_(limits) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { end(); }

  /// The number of the current process, from 1; starts a process if there is none. A new number means a new
  /// process, in which nothing is compiled.
  RunResult<std::uint64_t> life();

  /// Compiles a program. Returns its number in this life.
  RunResult<std::uint32_t> compile(std::string_view text);

  /// Runs a program that was compiled in this life.
  RunResult<std::optional<std::string>> run(std::uint32_t program, std::string_view json);

 private:
  RunResult<> begin();
  RunResult<std::optional<std::string>> ask(Request request, std::string_view text);
  RunError ended(int error);
  int end();

  const Limits limits_;
  std::uint64_t life_ = 0;
  std::uint32_t programs_ = 0;
  pid_t child_ = 0;  // 0: none
  Fd channel_;
};

/// The command line of the process: this program and its arguments.
std::vector<std::string> process_words(const Limits& limits);

}  // namespace dispatch::jq

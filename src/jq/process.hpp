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

/// What is asked of the process, and what it answers. Both go over a socket pair as they lie in memory, the
/// text behind them.
struct Request {
  enum class Kind : std::uint8_t { compile, run };
  Kind kind = Kind::compile;
  std::uint32_t program = 0;  ///< counted from 0 in the order they were compiled in this life
  std::uint64_t bytes = 0;    ///< of the program's text, or the document
};
struct Answer {
  enum class Kind : std::uint8_t {
    output,
    nothing,
    error,      ///< of the program or its document
    no_memory,  ///< for the program itself
  };
  Kind kind = Kind::nothing;
  std::uint64_t bytes = 0;  ///< of the output, or of what jq says
};

/// True where the parent need not fear the size that an answer tells, whatever has become of the process: an
/// output of up to Limits::output_most bytes, or a message of up to message_most.
bool is_bounded(const Answer& answer, const Limits& limits);

/// Of what jq says, in bytes.
inline constexpr std::size_t message_most = 200;

/// The exit code of a process that could not give up its rights.
inline constexpr int not_confined = 71;

/// The process in which jq programs run: this program once more, which serves in place of its work (see
/// serve_if_asked()), without an environment, and confined (jq_confinement.hpp). Begun when it is first
/// asked, and anew after it was ended. It ends with this object, or with the process that made it. Used by
/// one thread at a time.
class Process {
 public:
  explicit Process(Limits limits) : limits_(limits) {}
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() { end(); }

  /// Counted from 1; another number is another process, in which nothing is compiled. Begins one if there is
  /// none.
  RunResult<std::uint64_t> life();

  /// Compiles a program. Returns its number in this life.
  RunResult<std::uint32_t> compile(std::string_view text);

  /// Runs one that was compiled in this life.
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

/// What the process is started with: this same program, by these words.
std::vector<std::string> process_words(const Limits& limits);

}  // namespace dispatch::jq

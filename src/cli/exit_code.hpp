#pragma once

#include "base/error.hpp"

#include <string_view>

namespace dispatch::cli {

/// The program's exit codes, as dispatch(1) lists them.
enum class ExitCode {
  delivered = 0,    ///< everything accepted is delivered
  failed = 1,       ///< the run failed: journal, disk, internal
  usage = 2,        ///< wrong usage, configuration or input
  remains = 3,      ///< finished; dead letters, blocked or gapped events remain
  rejected = 4,     ///< finished; some input was rejected or not read
  interrupted = 5,  ///< interrupted; rerun to resume
  unavailable = 6,  ///< the journal is in use or does not belong to us
};

/// The exit codes as --help shows them.
inline constexpr std::string_view exit_status = R"(EXIT STATUS
  0  all that was accepted is delivered
  1  the run failed (journal, disk, internal)
  2  wrong usage, configuration or input; nothing was sent
  3  finished; dead letters, blocked or gapped events remain
  4  finished; some input was rejected or not read
  5  interrupted; run the command again to resume
  6  the journal is in use or not ours (other application, newer version)

)";

constexpr ExitCode exit_code(Failure failure) {
  switch (failure) {
    case Failure::usage:
      return ExitCode::usage;
    case Failure::unavailable:
      return ExitCode::unavailable;
    case Failure::interrupted:
      return ExitCode::interrupted;
    case Failure::failed:
      break;
  }
  return ExitCode::failed;
}

}  // namespace dispatch::cli

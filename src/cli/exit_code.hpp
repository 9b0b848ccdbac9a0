#pragma once

#include "base/error.hpp"

namespace dispatch::cli {

/// The program's exit codes, as dispatch(1) lists them.
enum class ExitCode {
  delivered = 0,    ///< all that was accepted is delivered
  failed = 1,       ///< the run failed: journal, disk, internal
  usage = 2,        ///< usage or configuration
  remains = 3,      ///< finished; dead letters, blocked or gapped events remain
  rejected = 4,     ///< finished; some input lines were rejected
  interrupted = 5,  ///< interrupted; rerun to resume
  unavailable = 6,  ///< the journal is in use or not ours
};

constexpr ExitCode exit_code(Failure failure) {
  switch (failure) {
    case Failure::usage:
      return ExitCode::usage;
    case Failure::unavailable:
      return ExitCode::unavailable;
    case Failure::failed:
      break;
  }
  return ExitCode::failed;
}

}  // namespace dispatch::cli

#pragma once

#include "base/error.hpp"
#include "base/system/file_roles.hpp"
#include "cli/exit_code.hpp"
#include "cli/options/input_options.hpp"

namespace dispatch::cli {

struct Program;

/// Reads the input as a run would, and reports what would be rejected and where the rest would go. Touches no
/// journal, rejects file or network, and so does not detect duplicates of events in the journal. `files`: all
/// files that the run would read and write.
Result<ExitCode> dry_run(const Program& program, const InputOptions& options, const FileRoles& files);

}  // namespace dispatch::cli

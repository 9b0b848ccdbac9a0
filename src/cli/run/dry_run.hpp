#pragma once

#include "base/error.hpp"
#include "base/system/file_roles.hpp"
#include "cli/exit_code.hpp"
#include "cli/options/input_options.hpp"

namespace dispatch::cli {

struct Program;

/// Reads the input as a run would, says what would be rejected and where the rest would go, and touches
/// nothing: no journal, no rejects file, no network. What the journal knows already is not looked up.
/// `files`: all that the run would read and write.
Result<ExitCode> dry_run(const Program& program, const InputOptions& options, const FileRoles& files);

}  // namespace dispatch::cli

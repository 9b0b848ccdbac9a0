#pragma once

#include "base/system/file_roles.hpp"
#include "cli/options/input_options.hpp"

namespace dispatch::cli {

struct Program;

/// What `run` and `ingest` read and write: the input, the subscriptions file, the journal with its
/// companions, the rejects file, and standard output and error.
FileRoles run_files(const Program& program, const InputOptions& options);

}  // namespace dispatch::cli

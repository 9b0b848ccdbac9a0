#pragma once

#include "base/system/file_roles.hpp"
#include "cli/options/input_options.hpp"

namespace dispatch::cli {

struct Program;

/// The files that `run` and `ingest` read and write: input, subscriptions file, journal with its companion
/// files, rejects file, standard output and error.
FileRoles run_files(const Program& program, const InputOptions& options);

}  // namespace dispatch::cli

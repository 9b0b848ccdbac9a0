#pragma once

#include "base/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/options/cli11_fwd.hpp"

#include <optional>

namespace dispatch::cli {

/// Parses the command line, the environment and the configuration file. Answers --help and --version on
/// stdout and returns their exit code; returns nothing if an action was chosen. Every error is misuse.
Result<std::optional<ExitCode>> parse(CLI::App& app, int argc, const char* const* argv);

}  // namespace dispatch::cli

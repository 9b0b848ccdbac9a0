#pragma once

#include "base/error.hpp"
#include "cli/exit_code.hpp"
#include "cli/options/cli11_fwd.hpp"

#include <optional>

namespace dispatch::cli {

/// Parses the command line, the environment and the configuration file. --help and --version are answered on
/// stdout and give the exit code to end with; nothing means that an action was chosen. Whatever is wrong is
/// misuse.
Result<std::optional<ExitCode>> parse(CLI::App& app, int argc, const char* const* argv);

}  // namespace dispatch::cli

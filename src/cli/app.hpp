#pragma once

#include "cli/options/cli11_fwd.hpp"
#include "cli/program.hpp"

namespace dispatch::cli {

/// Describes the whole program to `app`, a new one: global options, configuration and every subcommand. Both
/// arguments must outlive the use of `app`. Parsing, --help and completion all read this description.
void describe(CLI::App& app, Program& program);

}  // namespace dispatch::cli

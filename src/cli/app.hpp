#pragma once

#include "cli/options/cli11_fwd.hpp"
#include "cli/program.hpp"

namespace dispatch::cli {

/// Describes the whole program to `app`, a new one: global options, configuration and every subcommand. Both
/// must live as long as `app` is used. What is described here is the one truth that parsing, --help and
/// completion read.
void describe(CLI::App& app, Program& program);

}  // namespace dispatch::cli

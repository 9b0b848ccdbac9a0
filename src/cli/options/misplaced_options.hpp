#pragma once

#include "cli/options/cli11_fwd.hpp"

#include <string>
#include <vector>

namespace dispatch::cli {

/// The long names, with their dashes, of the options that may stand behind `command`: its own and the global
/// ones. Those of a command in between are not among them: "events cancel" takes none of "events".
std::vector<std::string> options_behind(const CLI::App& command);

/// Throws CLI::ParseError where the command line gives an option of a command between the program and the one
/// that was chosen, as "events cancel --state failed" does: CLI11 would accept it and it would do nothing.
/// Call it between the reading of the command line and that of the configuration file, whose tables may give
/// options to any command.
void check_misplaced_options(const CLI::App& app);

}  // namespace dispatch::cli

#pragma once

#include "cli/options/cli11_fwd.hpp"

#include <string>
#include <vector>

namespace dispatch::cli {

/// The long names, with dashes, of the options that are valid after `command`: its own and the global ones.
/// Options of a command in between are not valid: "events cancel" accepts none of "events".
std::vector<std::string> options_behind(const CLI::App& command);

/// Throws CLI::ParseError if the command line has an option of a command between the program and the chosen
/// one, such as "events cancel --state failed": CLI11 would accept it and ignore it. Call it after reading
/// the command line and before reading the configuration file, whose tables may give options to any command.
void check_misplaced_options(const CLI::App& app);

}  // namespace dispatch::cli

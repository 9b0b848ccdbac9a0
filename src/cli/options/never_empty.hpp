#pragma once

#include "cli/options/command.hpp"

namespace dispatch::cli {

/// An option of which an empty value would mean less security than was asked for ("--cacert $UNSET"): it is
/// misuse, also in a configuration file, and so is its environment variable where that is set and empty.
/// Returns the option.
Option never_empty(Option option);

/// Throws CLI::ValidationError where the variable of such an option of this command, or of one above it, is
/// set and empty.
void check_variables(CLI::App& command);

}  // namespace dispatch::cli

#pragma once

#include "cli/options/command.hpp"

namespace dispatch::cli {

/// Makes an empty value of the option misuse, on the command line, in a configuration file and in its
/// environment variable. For options whose empty value would reduce security ("--cacert $UNSET"). Returns the
/// option.
Option never_empty(Option option);

/// Throws CLI::ValidationError if the environment variable of such an option, of this command or one above
/// it, is set and empty.
void check_variables(CLI::App& command);

}  // namespace dispatch::cli

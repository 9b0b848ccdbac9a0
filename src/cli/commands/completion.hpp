#pragma once

#include "cli/options/cli11_fwd.hpp"

#include <string>

namespace dispatch::cli {

/// Shell code that completes the commands and options of `app`, the top command, and file names elsewhere.
/// Pure function.
std::string bash_completion(const CLI::App& app);
std::string zsh_completion(const CLI::App& app);
std::string fish_completion(const CLI::App& app);

}  // namespace dispatch::cli

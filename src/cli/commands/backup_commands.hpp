#pragma once

#include "cli/options/cli11_fwd.hpp"
#include "cli/program.hpp"

namespace dispatch::cli {

// As the commands of program.hpp.
void add_backup_command(CLI::App& app, Program& program);
void add_restore_command(CLI::App& app, Program& program);

}  // namespace dispatch::cli

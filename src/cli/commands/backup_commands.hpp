#pragma once

#include "cli/options/command.hpp"
#include "cli/program.hpp"

namespace dispatch::cli {

// See program.hpp.
void add_backup_command(Command app, Program& program);
void add_restore_command(Command app, Program& program);

}  // namespace dispatch::cli

#pragma once

#include "cli/program.hpp"

namespace dispatch::cli {

/// Adds `dispatch events cancel` to the command `events`.
void add_events_cancel(Command events, Program& program);

}  // namespace dispatch::cli

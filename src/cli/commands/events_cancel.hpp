#pragma once

#include "cli/program.hpp"

namespace dispatch::cli {

/// `dispatch events cancel`, below the command `events`.
void add_events_cancel(Command events, Program& program);

}  // namespace dispatch::cli

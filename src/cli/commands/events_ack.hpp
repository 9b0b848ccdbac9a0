#pragma once

#include "cli/program.hpp"

namespace dispatch::cli {

/// Adds `dispatch events ack` to the command `events`.
void add_events_ack(Command events, Program& program);

}  // namespace dispatch::cli

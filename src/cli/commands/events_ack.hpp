#pragma once

#include "cli/program.hpp"

namespace dispatch::cli {

/// `dispatch events ack`, below the command `events`.
void add_events_ack(Command events, Program& program);

}  // namespace dispatch::cli

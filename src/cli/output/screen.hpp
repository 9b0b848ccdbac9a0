#pragma once

namespace dispatch::cli {

/// True if the descriptor is a terminal that supports control sequences: TERM is set and not "dumb".
bool is_screen(int descriptor);

}  // namespace dispatch::cli

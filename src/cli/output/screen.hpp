#pragma once

namespace dispatch::cli {

/// True where the descriptor is a terminal that obeys control sequences: TERM is neither "dumb" nor unset.
bool is_screen(int descriptor);

}  // namespace dispatch::cli

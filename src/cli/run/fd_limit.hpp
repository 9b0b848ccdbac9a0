#pragma once

#include <cstddef>

namespace dispatch::cli {

/// Raises the soft limit of open files to the hard one, as each request at a time needs a descriptor. Returns
/// how many the process may have now.
std::size_t raise_fd_limit();

}  // namespace dispatch::cli

#pragma once

#include <cstddef>

namespace dispatch::cli {

/// Raises the soft limit of open files to the hard limit, because each concurrent request needs a descriptor.
/// Returns the new limit.
std::size_t raise_fd_limit();

}  // namespace dispatch::cli

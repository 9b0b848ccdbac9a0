#include "cli/run/fd_limit.hpp"

#include <limits>
#include <utility>

#include <sys/resource.h>

namespace dispatch::cli {

std::size_t raise_fd_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return std::numeric_limits<std::size_t>::max();
  const rlim_t former = std::exchange(limit.rlim_cur, limit.rlim_max);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_max : former;
}

}  // namespace dispatch::cli

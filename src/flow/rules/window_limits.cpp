#include "flow/rules/window_limits.hpp"

#include <algorithm>

namespace dispatch::flow {

WindowLimits WindowLimits::suiting(const CommitLimits& commits) {
  WindowLimits limits;
  limits.lanes_per_queue = 2 * commits.committed_most_at_host(true) + 28;
  limits.lanes = std::max<std::size_t>(4096, 4 * commits.committed_most_in_all());
  return limits;
}

}  // namespace dispatch::flow

#include "flow/rules/window_limits.hpp"

#include <algorithm>

namespace dispatch::flow {

WindowLimits WindowLimits::suiting(std::size_t per_host, std::size_t ahead, std::size_t workers) {
  WindowLimits limits;
  limits.per_host = per_host;
  limits.ahead = ahead;
  limits.lanes_per_queue = 2 * (per_host + ahead) + 28;
  limits.lanes = std::max<std::size_t>(4096, 4 * (workers + ahead));
  return limits;
}

}  // namespace dispatch::flow

#pragma once

#include <cstddef>

namespace dispatch::delivery {

/// Limits on concurrent requests.
struct RequestLimits {
  std::size_t per_host = 50;   ///< for one host (Outgoing::host), at least 1
  std::size_t in_all = 1'000;  ///< in total, at least 1
};

}  // namespace dispatch::delivery

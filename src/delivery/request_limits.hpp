#pragma once

#include <cstddef>

namespace dispatch::delivery {

/// How many requests are under way at a time.
struct RequestLimits {
  std::size_t per_host = 50;   ///< to one host (Outgoing::host), at least 1
  std::size_t in_all = 1'000;  ///< at least 1
};

}  // namespace dispatch::delivery

#pragma once

#include "base/clock.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <vector>

namespace dispatch::test {

/// The most of these moments, which are in their order, that any half-open stretch of that length holds; a
/// fullest one begins at one of them.
inline std::size_t fullest_stretch(const std::vector<SteadyTime>& moments, std::chrono::microseconds length) {
  std::size_t most = 0;
  auto end = moments.begin();
  for (auto begin = moments.begin(); begin != moments.end(); ++begin) {
    while (end != moments.end() && *end - *begin < length) ++end;
    most = std::max(most, static_cast<std::size_t>(end - begin));
  }
  return most;
}

}  // namespace dispatch::test

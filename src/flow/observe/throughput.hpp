#pragma once

#include "base/clock.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

namespace dispatch::flow {

/// How fast a count grows, measured over the last ten seconds. Not thread-safe.
class Throughput {
 public:
  /// `count` never decreases.
  void note(SteadyTime now, std::uint64_t count);
  /// Growth per second; nothing until there are two notes at different times.
  std::optional<double> per_second() const;

 private:
  std::deque<std::pair<SteadyTime, std::uint64_t>> notes_;
};

}  // namespace dispatch::flow

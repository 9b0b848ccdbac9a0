#pragma once

#include "base/clock.hpp"
#include "event/ids.hpp"
#include "journal/rows.hpp"

#include <chrono>
#include <cstdint>
#include <limits>

namespace dispatch::journal {

/// A place in the order in which the retries of a delivery queue come due: by time, then by position and
/// generation, since many may be due at one time. Made without arguments it is before all of them.
struct DuePlace {
  WallTime at = WallTime::min();
  Position position{0};
  std::int64_t generation = -1;
  auto operator<=>(const DuePlace&) const = default;

  /// Where the retry stands.
  static DuePlace of(const DeliveryRow& row) { return {row.state_at, row.key.position, row.key.generation}; }
  /// Just before the retry.
  static DuePlace before(const DeliveryRow& row) {
    return {row.state_at, row.key.position, row.key.generation - 1};
  }
  /// Before all that are due at that time.
  static DuePlace before(WallTime time) { return {time, Position{0}, -1}; }
  /// Behind all that are due at that time.
  static DuePlace after(WallTime time) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    return {time, Position{most}, most};
  }
};

}  // namespace dispatch::journal

#pragma once

#include "base/clock.hpp"
#include "event/ids.hpp"
#include "journal/rows.hpp"

#include <chrono>
#include <cstdint>
#include <limits>

namespace dispatch::journal {

/// A place in the order in which the retries of a delivery queue become due: by time, then by position and
/// generation, because many can be due at one time. A default-constructed place is before all retries.
struct DuePlace {
  WallTime at = WallTime::min();
  Position position{0};
  std::int64_t generation = -1;
  auto operator<=>(const DuePlace&) const = default;

  /// The place of this retry.
  static DuePlace of(const DeliveryRow& row) { return {row.state_at, row.key.position, row.key.generation}; }
  /// The place just before this retry.
  static DuePlace before(const DeliveryRow& row) {
    return {row.state_at, row.key.position, row.key.generation - 1};
  }
  /// The place before all retries that are due at `time`.
  static DuePlace before(WallTime time) { return {time, Position{0}, -1}; }
  /// The place behind all retries that are due at `time`.
  static DuePlace after(WallTime time) {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    return {time, Position{most}, most};
  }
};

}  // namespace dispatch::journal

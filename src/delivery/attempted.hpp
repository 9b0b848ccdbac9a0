#pragma once

#include "base/clock.hpp"
#include "event/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace dispatch::delivery {

/// An attempt that began and whose outcome nobody has recorded, as its process died: what identifies it at
/// its target. The fields are as those of Outgoing.
struct Attempted {
  std::string url;
  std::string event_id;
  std::string entity_id{};  ///< empty where the event has none
  std::optional<SequenceNumber> sequence = std::nullopt;
  unsigned attempt = 1;
  std::int64_t generation = 0;
  WallTime began{};
};

/// What became of such an attempt.
enum class Fate : std::uint8_t {
  unknown,  ///< nobody can tell
  arrived,  ///< the target has the event
  absent,   ///< the target does not have it, and will not get it from that attempt
};

}  // namespace dispatch::delivery

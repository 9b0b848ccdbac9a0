#pragma once

#include "base/clock.hpp"
#include "event/ids.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace dispatch::delivery {

/// An attempt of a process that died before it recorded the outcome. The fields identify it at its target;
/// they are those of Outgoing.
struct Attempted {
  std::string url;
  std::string event_id;
  std::string entity_id{};  ///< empty if the event has none
  std::optional<SequenceNumber> sequence = std::nullopt;
  unsigned attempt = 1;
  std::int64_t generation = 0;
  WallTime began{};
};

/// What is known of such an attempt.
enum class Fate : std::uint8_t {
  unknown,  ///< not known
  arrived,  ///< the target has the event
  absent,   ///< the target does not have the event, and will not get it from that attempt
};

}  // namespace dispatch::delivery

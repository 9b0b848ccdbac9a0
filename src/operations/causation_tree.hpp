#pragma once

#include "journal/records.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::operations {

/// Where the cause of an event is.
enum class Cause {
  none,    ///< the event names no cause
  shown,   ///< among the given events
  away,    ///< not among the given events
  circle,  ///< the causes form a cycle; this is its first event
};

std::string_view to_string(Cause cause);

/// The place of an event in the causation tree.
struct Caused {
  std::size_t event = 0;  ///< index among the given events
  std::size_t depth = 0;  ///< 0: a root
  Cause cause = Cause::none;
  std::optional<std::size_t> parent = {};  ///< index of the entry of its cause
};

/// Sorts events into trees: each event is followed by the events that it caused, in the order given. The time
/// is linear in the number of events, for any causes.
std::vector<Caused> causation_tree(std::span<const journal::EventRecord> events);

}  // namespace dispatch::operations

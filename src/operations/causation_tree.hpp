#pragma once

#include "journal/records.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::operations {

/// What is known of an event's cause.
enum class Cause {
  none,    ///< it names none
  shown,   ///< is among the events given
  away,    ///< it names one that is not among them
  circle,  ///< causes that lead back to itself; it is the first of these
};

std::string_view to_string(Cause cause);

/// An event's place in a tree of causes.
struct Caused {
  std::size_t event = 0;  ///< its place among those given
  std::size_t depth = 0;  ///< 0: a root
  Cause cause = Cause::none;
  std::optional<std::size_t> parent = {};  ///< where the cause is shown
};

/// The events in the order of a tree: behind each what it caused, in the order given. The time it takes grows
/// with their number, whatever they name as causes.
std::vector<Caused> causation_tree(std::span<const journal::EventRecord> events);

}  // namespace dispatch::operations

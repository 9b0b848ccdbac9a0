#pragma once

#include "unit/flow/model/history.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace dispatch::test {

struct Exploration {
  std::size_t histories = 0;  ///< played to their end
  std::size_t states = 0;     ///< told apart by Bounds
  std::size_t steps = 0;      ///< in all
  bool complete = false;      ///< nothing within the bounds was left out

  struct Failure {
    History history;  ///< as short as it could be made
    std::string what;
  };
  std::optional<Failure> failure;  ///< the first
};

/// Plays every history within the bounds, depth first, each from its beginning; ends at the first broken
/// promise. A state that was met before is not gone on from, but brought to its end.
Exploration explore(const Setting& setting, const Bounds& bounds);

/// Plays so many histories within the bounds, each step chosen by chance; for histories too long for all of
/// them to be played. Ends at the first broken promise. The same seed gives the same histories.
Exploration wander(const Setting& setting, const Bounds& bounds, std::uint64_t seed, std::size_t histories);

/// Plays one history to its end; steps that are not possible are passed over. What was broken, or nothing.
std::optional<std::string> play(const Setting& setting, const History& history);

/// The failure as a test that can be pasted.
std::string to_test(const Setting& setting, const Exploration::Failure& failure);

}  // namespace dispatch::test

#pragma once

#include "base/clock.hpp"

namespace dispatch::flow {

/// The time at which a turn began. What happens in it is stamped with it.
struct TurnTime {
  WallTime now{};
  SteadyTime steady{};
};

}  // namespace dispatch::flow

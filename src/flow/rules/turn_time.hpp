#pragma once

#include "base/clock.hpp"

namespace dispatch::flow {

/// The time at which a turn began: the timestamp of everything that happens in it.
struct TurnTime {
  WallTime now{};
  SteadyTime steady{};
};

}  // namespace dispatch::flow

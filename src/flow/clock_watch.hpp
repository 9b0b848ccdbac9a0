#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>

namespace dispatch::flow {

/// Detects that the wall clock was set during a run, because its difference from the steady clock has
/// changed. A machine that slept looks like one whose clock was set forward. Used by one thread.
class ClockWatch {
 public:
  explicit ClockWatch(const Clock& clock) : clock_(clock), last_(read()) {}

  struct Look {
    WallTime now;  ///< the current wall-clock time
    /// By how much the clock was set since the last look; negative: it was set back; nothing: it was not set.
    /// Small corrections of a running clock do not count.
    std::optional<std::chrono::microseconds> jump;
  };
  /// Reads the clocks. A later jump applies to everything that is based on `now`.
  Look look();

 private:
  struct Reading {
    WallTime wall;
    SteadyTime steady;
  };
  Reading read() const;

  const Clock& clock_;
  Reading last_;
};

}  // namespace dispatch::flow

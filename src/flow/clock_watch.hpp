#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>

namespace dispatch::flow {

/// Notices when the wall clock is set while a run is on: it then differs from the steady clock by more than
/// it did. A machine that slept counts as one whose clock was set forward. Used by one thread.
class ClockWatch {
 public:
  explicit ClockWatch(const Clock& clock) : clock_(clock), last_(read()) {}

  struct Look {
    WallTime now;  ///< by the clock as it was set
    /// By how much it was set since the look before: negative where it was set back; nothing where it went on
    /// as time did. Small corrections of a running clock are no jump.
    std::optional<std::chrono::microseconds> jump;
  };
  /// What is reckoned from `now` moves with the jump that the next look finds.
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

#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>

namespace dispatch::policy {

/// How long a run waits for sequence numbers that are missing: each gap for the same time from when it began,
/// which the journal says, so that a restart does not begin anew. Measured by the steady clock: a wall clock
/// that is set while the run waits neither ends the wait nor makes it longer, and a gap that began in the
/// future, by a clock that was set back, is waited for as one that begins now. A value.
class GapPatience {
 public:
  explicit GapPatience(std::chrono::microseconds patience) : patience_(patience) {}

  /// The gap that is there longest began at `since`; nothing: there is none.
  void see(std::optional<WallTime> since, WallTime now, SteadyTime steady);

  /// When that gap is to be given up; nothing where there is none.
  std::optional<SteadyTime> due() const { return due_; }

  /// The gaps that began then or before have been waited for; nothing where none has.
  std::optional<WallTime> waited_for(SteadyTime steady) const;

  std::chrono::microseconds patience() const { return patience_; }

 private:
  std::chrono::microseconds patience_;
  std::optional<WallTime> since_;  ///< of the gap that is there longest
  std::optional<SteadyTime> due_;
};

}  // namespace dispatch::policy

#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>

namespace dispatch::policy {

/// How long a run waits for missing sequence numbers: the same time for each gap, from when the gap began
/// according to the journal, so that a restart does not extend it. Uses the steady clock: setting the wall
/// clock during the wait neither ends nor extends it. A gap that began in the future, because the clock was
/// set back, counts as one that begins now. A value.
class GapPatience {
 public:
  explicit GapPatience(std::chrono::microseconds patience) : patience_(patience) {}

  /// Takes the beginning of the oldest gap; nothing: there is no gap.
  void see(std::optional<WallTime> since, WallTime now, SteadyTime steady);

  /// When that gap must be given up; nothing if there is none.
  std::optional<SteadyTime> due() const { return due_; }

  /// Gaps that began at or before the returned time have waited long enough; nothing: none has.
  std::optional<WallTime> waited_for(SteadyTime steady) const;

  std::chrono::microseconds patience() const { return patience_; }

 private:
  std::chrono::microseconds patience_;
  std::optional<WallTime> since_;  ///< when the oldest gap began
  std::optional<SteadyTime> due_;
};

}  // namespace dispatch::policy

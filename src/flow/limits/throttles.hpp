#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/ids.hpp"
#include "journal/journal.hpp"
#include "policy/throttle.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <set>

namespace dispatch::flow {

/// The destinations of a run that asked for time or were down, and their reduced rates. Other destinations
/// have no entry. Used by the dispatcher's thread, inside its turn.
class Throttles {
 public:
  /// `slowly`: RunOptions::starts_slowly.
  explicit Throttles(bool slowly) : slowly_(slowly) {}

  /// Loads the throttles that the last run saved. No hold lasts longer than `hold_most` from now. Call once,
  /// before everything else.
  Result<> load(journal::Journal& journal, std::chrono::microseconds hold_most, WallTime now,
                SteadyTime steady);

  /// Null if the destination is not throttled. Valid until the next change.
  const policy::Throttle* find(DestinationNo destination) const {
    const auto found = throttles_.find(destination);
    return found == throttles_.end() ? nullptr : &found->second;
  }
  bool empty() const { return throttles_.empty(); }
  std::size_t size() const { return throttles_.size(); }

  // Note the end of a request that was sent at `left`, see policy/throttle.hpp.
  void throttled(DestinationNo destination, SteadyTime left, SteadyTime steady, SteadyTime until);
  void answered(DestinationNo destination, SteadyTime left, SteadyTime steady);
  /// Notes that the destination was down and is up again.
  void start_slowly(DestinationNo destination, SteadyTime steady);
  /// Ends the hold, because an operator wants the destination to be tried now.
  void release(DestinationNo destination, SteadyTime steady);
  /// Removes the entry, because nothing is sent there any more.
  void forget(DestinationNo destination);
  /// Call it when the wall clock was set, so that saved holds follow it.
  void clock_set();
  /// Removes expired entries; call it from time to time.
  void tidy(SteadyTime steady);

  /// Saves what changed in the turn, for the next run.
  Result<> save(journal::Transaction& transaction, WallTime now, SteadyTime steady);

 private:
  const bool slowly_;
  std::map<DestinationNo, policy::Throttle> throttles_;
  std::set<DestinationNo> changed_;
  SteadyTime tidied_at_{};
};

}  // namespace dispatch::flow

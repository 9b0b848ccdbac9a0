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

/// The destinations of a run that asked for time, or were down, and how much they are slowed down. No other
/// destination has an entry. Used by the dispatcher's thread, inside its turn.
class Throttles {
 public:
  /// `slowly`: RunOptions::starts_slowly.
  explicit Throttles(bool slowly) : slowly_(slowly) {}

  /// What the last run has left in the journal. No hold lasts longer than `hold_most` from now. Once, before
  /// all else.
  Result<> load(journal::Journal& journal, std::chrono::microseconds hold_most, WallTime now,
                SteadyTime steady);

  /// Null where nothing limits the destination. Valid until the next call that changes something.
  const policy::Throttle* find(DestinationNo destination) const {
    const auto found = throttles_.find(destination);
    return found == throttles_.end() ? nullptr : &found->second;
  }
  bool empty() const { return throttles_.empty(); }
  std::size_t size() const { return throttles_.size(); }

  // A request that left at `left` has ended, see policy/throttle.hpp.
  void throttled(DestinationNo destination, SteadyTime left, SteadyTime steady, SteadyTime until);
  void answered(DestinationNo destination, SteadyTime left, SteadyTime steady);
  /// The destination was down and is up again.
  void start_slowly(DestinationNo destination, SteadyTime steady);
  /// An operator wants it to be tried now.
  void release(DestinationNo destination, SteadyTime steady);
  /// Nothing is sent there any more.
  void forget(DestinationNo destination);
  /// The wall clock was set: what is kept of the holds must follow it.
  void clock_set();
  /// Drops entries whose time is over; from time to time.
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

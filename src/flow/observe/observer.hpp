#pragma once

#include "event/ids.hpp"
#include "flow/observe/attempt_trace.hpp"
#include "journal/rows.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace dispatch::flow {

/// The input that a turn has processed.
struct Taken {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;  ///< lines rejected for any reason
  std::uint64_t conflicts =
      0;  ///< of the rejected: those whose event id or sequence number belongs to another event
  std::uint64_t unmatched = 0;  ///< of the accepted: those that no subscription selected
};

/// Deliveries that were held back for the first time since they came first in their lane.
struct HeldBack {
  std::uint64_t by_rate = 0;
  std::uint64_t in_all = 0;  ///< the sum of these, and of those held back by a limit of concurrent requests
};

/// What a committed turn has done.
struct CommittedTurn {
  Taken taken{};
  std::span<const journal::Settlement> settled{};  ///< borrowed, with their outcomes
  std::size_t begun = 0;                           ///< requests that are sent now
  std::uint64_t orphans = 0;  ///< attempts found in flight at the start, whose outcome is unknown
  std::uint64_t trips = 0;    ///< circuits that have opened
  HeldBack held_back{};
  std::chrono::nanoseconds commit{0};  ///< from the beginning of the commit until it was durable
  /// The traces of the attempts that have ended, if the observer wants them; it may keep them.
  std::span<const std::shared_ptr<const AttemptTrace>> attempt_traces{};
  /// The accepted events whose traces are recorded, if the observer wants them.
  std::span<const std::shared_ptr<const AcceptedEvent>> accepted_events{};
  /// The number of changes in the commit. 0: the commit wrote nothing.
  std::size_t size() const { return taken.accepted + settled.size() + begun + orphans; }
};

/// Receives what a run does. It cannot influence deliveries.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Called by the dispatcher's thread for each turn, in order, once its commit is durable; the next turns
  /// may be committed by then. Must not block.
  virtual void committed(const CommittedTurn& turn) = 0;
  /// Return true to receive an `AttemptTrace` for each attempt that starts from now on.
  virtual bool wants_attempt_traces() const { return false; }
  /// Return true to receive an `AcceptedEvent` for each event that is accepted from now on.
  virtual bool wants_accepted_events() const { return false; }
};

}  // namespace dispatch::flow

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

/// What a turn has taken in of the input.
struct Taken {
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;   ///< lines, for any reason
  std::uint64_t conflicts = 0;  ///< of those, what would have taken another event's id or sequence number
  std::uint64_t unmatched = 0;  ///< of those accepted, what no subscription meant
};

/// Deliveries that were held back for the first time since they came.
struct HeldBack {
  std::uint64_t by_rate = 0;
  std::uint64_t in_all = 0;  ///< those, and what a limit of requests at a time has held back
};

/// What a turn has done; it is committed.
struct CommittedTurn {
  Taken taken{};
  std::span<const journal::Settlement> settled{};  ///< borrowed, with their outcomes
  std::size_t begun = 0;                           ///< requests that go out now
  std::uint64_t orphans = 0;  ///< attempts found under way that nobody knows the outcome of
  std::uint64_t trips = 0;    ///< circuits that have opened
  HeldBack held_back{};
  std::chrono::nanoseconds commit{0};  ///< how long that took
  /// Of the attempts that have ended, where the observer wants them; they may be kept.
  std::span<const std::shared_ptr<const AttemptTrace>> attempt_traces{};
  /// Of the events that were accepted and whose traces are recorded, where the observer wants them.
  std::span<const std::shared_ptr<const AcceptedEvent>> accepted_events{};
  /// The number of changes in the commit. 0: the commit wrote nothing.
  std::size_t size() const { return taken.accepted + settled.size() + begun + orphans; }
};

/// Receives what a run does. Nothing that decides about a delivery passes through here.
class Observer {
 public:
  virtual ~Observer() = default;
  /// Called by the dispatcher's thread after each commit and before the next turn. Must not block.
  virtual void committed(const CommittedTurn& turn) = 0;
  /// Return true to receive an `AttemptTrace` for each attempt that starts from now on.
  virtual bool wants_attempt_traces() const { return false; }
  /// Return true to receive an `AcceptedEvent` for each event that is accepted from now on.
  virtual bool wants_accepted_events() const { return false; }
};

}  // namespace dispatch::flow

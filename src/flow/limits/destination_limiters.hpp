#pragma once

#include "base/clock.hpp"
#include "flow/limits/circuits.hpp"
#include "flow/limits/destination_limiter.hpp"
#include "flow/limits/scheduler.hpp"
#include "flow/limits/throttles.hpp"
#include "flow/observe/observer.hpp"
#include "flow/rules/options.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace dispatch::flow {

struct Item;
struct QueueState;

/// The destination limiters of a run, with their circuits, rates and throttles. A destination has a limiter
/// if it is limited or its circuit is not closed; for any other, find() is one look-up. Used by the
/// dispatcher's thread, inside its turn.
class DestinationLimiters {
 public:
  DestinationLimiters(Scheduler& scheduler, const RunOptions& options)
      : scheduler_(scheduler),
        limits_(options.window_limits()),
        circuits_(options.breaker),
        throttles_(options.starts_slowly) {}

  Circuits& circuits() { return circuits_; }
  const Circuits& circuits() const { return circuits_; }
  Throttles& throttles() { return throttles_; }

  /// The limiter for deliveries of this queue to that destination; null: none.
  DestinationLimiter* find(QueueState& queue, DestinationNo destination) {
    return nothing_to_find(queue) ? nullptr : find_or_make(queue, destination);
  }

  /// The limiter of that destination, made if needed. Even without a limit it notes what is passed over.
  DestinationLimiter& at(QueueState& queue, DestinationNo destination) {
    const auto found = limiters_.find(destination);
    return found == limiters_.end() ? make(queue, destination) : found->second;
  }

  /// Releases the items that the limits allow. They move with the next Scheduler::decide().
  void release_ready(WallTime now, SteadyTime steady);
  /// False if an item that may go by Scheduler::decide() must not begin, because its destination got into
  /// trouble meanwhile. Its permit is then void, and the caller must hold it.
  bool admits(const Item& item, SteadyTime steady) const;
  /// Takes back the permit of an item that does not begin.
  void take_permit(Item& item, WallTime now);
  /// Notes that the item's request is sent now.
  void leaves(Item& item, SteadyTime steady);
  /// What the end of an attempt shows about its destination.
  struct End {
    policy::HealthSignal signal = policy::HealthSignal::none;
    std::optional<std::chrono::microseconds> hold;  ///< how long the destination asked for no request
  };
  /// Notes the end of an item's attempt. If this gives its destination a limit that it did not have before,
  /// returns the limiter, because lanes in the window may not use it yet; else null.
  DestinationLimiter* ended(Item& item, const End& end, WallTime now, SteadyTime steady);
  /// Loads the paces that the last run saved. Call once, before anything else.
  Result<> load_paces(journal::Journal& journal, WallTime now, SteadyTime steady);
  /// Saves, for the destinations of the items `leaving`, until when their rate allows no other request.
  Result<> save_paces(journal::Transaction& transaction, const std::vector<Item*>& leaving, WallTime now,
                      SteadyTime steady);

  /// Corrects times after the wall clock was set by `by` and the due times in the journal were moved.
  void clock_set(std::chrono::microseconds by);

  /// Sets the number of the newest action in the journal. Call it before ended(): what operators asked for up
  /// to this action is older than the result of the attempt.
  void note_newest_action(std::int64_t action) { newest_action_ = action; }
  /// Handles an operator's request, made by that action, to try the destination at once. Ignored if its
  /// circuit has opened, or it has asked for time, since then.
  void asked(DestinationNo destination, std::int64_t action, WallTime now, SteadyTime steady);

  /// Applies the changed policy of the delivery queue.
  void change_policy(const QueueState& queue);
  /// Takes out and returns all items that wait at this delivery queue's limiters. Lowers `above` to where
  /// deliveries were passed over, and drops that note: the caller must remember both.
  std::vector<Item*> pause(const QueueState& queue, Position& above);
  /// Takes out all items that wait at limiters, in order. The caller holds each item again, or lets it leave
  /// the window.
  std::vector<Item*> take_waiting();
  void hold(Item& item) { scheduler_.hold(item); }
  /// Handles the resumption of a delivery queue: an operator wants its destinations to be tried at once.
  void resume(QueueState& queue, WallTime now);

  /// When release_ready() may release more if nothing else happens; nothing: never.
  std::optional<WallTime> next(WallTime now, SteadyTime steady) const;

  /// Number of waiting items by reason.
  struct Waiting {
    std::size_t for_rate = 0;             ///< for a rate, or for a limit on concurrent requests
    std::size_t for_circuit = 0;          ///< for a circuit to close
    std::size_t for_throttle = 0;         ///< for a destination that has asked for time or was down
    std::optional<WallTime> probe;        ///< the next probe of an open circuit with waiting items
    std::optional<SteadyTime> hold_ends;  ///< the first end of a hold with waiting items
  };
  Waiting waiting() const;

  /// The items that release_ready() has held back since the last call.
  HeldBack take_held_back() { return std::exchange(held_back_, {}); }

  /// Calls `visit` with each limiter, in order of destination.
  template <class Visit>
  void each(Visit visit) {
    for (auto& [destination, limiter] : limiters_) visit(limiter);
  }
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& [destination, limiter] : limiters_) visit(limiter);
  }
  template <class Wanted>
  bool any(Wanted wanted) const {
    return std::any_of(limiters_.begin(), limiters_.end(),
                       [&](const auto& entry) { return wanted(entry.second); });
  }
  bool empty() const { return limiters_.empty(); }

  /// Removes unused limiters if there are many.
  void tidy(SteadyTime steady);

 private:
  bool unused(const DestinationLimiter& limiter, SteadyTime steady) const;
  bool nothing_to_find(const QueueState& queue) const;
  DestinationLimiter* find_or_make(QueueState& queue, DestinationNo destination);
  DestinationLimiter& make(QueueState& queue, DestinationNo destination);
  void begin_pace(DestinationLimiter& limiter, const std::optional<Rate>& rate);
  void set(DestinationLimiter& limiter, policy::Circuit::State circuit);
  void spare(DestinationLimiter& limiter);
  SteadyTime hold_until(const DestinationLimiter& limiter) const;
  void note_end(DestinationNo destination, const End& end, SteadyTime left, SteadyTime steady);
  std::size_t allowance(const DestinationLimiter& limiter, SteadyTime steady) const;
  void note_held_back(DestinationLimiter& limiter, std::size_t let_through, SteadyTime steady);

  std::size_t waiting_for(const policy::Pace& pace) const;

  Scheduler& scheduler_;
  const WindowLimits limits_;
  Circuits circuits_;
  Throttles throttles_;
  std::map<DestinationNo, DestinationLimiter> limiters_;
  HeldBack held_back_;
  SteadyTime started_{};
  std::map<DestinationNo, SteadyTime> kept_paces_;  ///< saved by the last run; no request before this time
  std::vector<DestinationNo> paces_over_;           ///< to be deleted from the journal in the next turn
  std::int64_t newest_action_ = 0;
  std::map<DestinationNo, std::int64_t>
      troubled_;                     ///< destinations in trouble, with the newest action at that time
  std::size_t troubled_most_ = 256;  ///< as for tidy_at_
  std::size_t tidy_at_ = 256;        ///< tidy() does nothing below this number of limiters
};

}  // namespace dispatch::flow

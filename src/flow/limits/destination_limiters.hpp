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

/// The destination limiters of a run, and what decides about them. A destination has one if it is limited or
/// its circuit is not closed; for any other, find() is one look-up. Used by the dispatcher's thread, inside
/// its turn.
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

  /// The limiter of that destination, if only to remember what is passed over.
  DestinationLimiter& at(QueueState& queue, DestinationNo destination) {
    const auto found = limiters_.find(destination);
    return found == limiters_.end() ? make(queue, destination) : found->second;
  }

  /// Releases what the limits allow; the next decisions let it through.
  void release_ready(WallTime now, SteadyTime steady);
  /// False where an item that the scheduler lets go may not be begun: it came in before its destination
  /// was in trouble. Then its permit is void, and it is to be held.
  bool admits(const Item& item, SteadyTime steady) const;
  /// The item is not started after all: takes its permit back.
  void take_permit(Item& item, WallTime now);
  /// The item's request leaves now.
  void leaves(Item& item, SteadyTime steady);
  /// What the end of an attempt shows about its destination.
  struct End {
    policy::HealthSignal signal = policy::HealthSignal::none;
    std::optional<std::chrono::microseconds> hold;  ///< how long it wants no request
  };
  /// Its attempt has ended. Returns the limiter of its destination where that holds something back by it that
  /// it did not before, so that lanes of the window may lead past it; mostly null.
  DestinationLimiter* ended(Item& item, const End& end, WallTime now, SteadyTime steady);
  /// Loads the paces that the last run saved. Call once, before anything else.
  Result<> load_paces(journal::Journal& journal, WallTime now, SteadyTime steady);
  /// Saves, for the destinations of the items `leaving`, until when their rate allows no other request.
  Result<> save_paces(journal::Transaction& transaction, const std::vector<Item*>& leaving, WallTime now,
                      SteadyTime steady);

  /// The wall clock was set by `by`, and the due times in the journal were moved with it.
  void clock_set(std::chrono::microseconds by);

  /// `action` is the newest action in the journal. To be called before ended(): what operators asked for up
  /// to then is older than what the attempt has found out.
  void note_newest_action(std::int64_t action) { newest_action_ = action; }
  /// An operator wants the destination to be tried at once, and has said so by that action. Ignored where its
  /// circuit has opened, or it has asked for time, since then.
  void asked(DestinationNo destination, std::int64_t action, WallTime now, SteadyTime steady);

  /// The delivery queue's policy has changed.
  void change_policy(const QueueState& queue);
  /// All that waits before this delivery queue's limiters is taken out, and what they passed over is
  /// forgotten: both are the caller's to remember. Returns the items; lowers `above`.
  std::vector<Item*> pause(const QueueState& queue, Position& above);
  /// Takes out everything that waits at limiters, in order. The caller holds each item again, or lets it
  /// leave the window.
  std::vector<Item*> take_waiting();
  void hold(Item& item) { scheduler_.hold(item); }
  /// The delivery queue is open again; an operator wants to know at once whether its destinations are up.
  void resume(QueueState& queue, WallTime now);

  /// When release_ready() may let through what it could not before, with nothing else happening.
  std::optional<WallTime> next(WallTime now, SteadyTime steady) const;

  /// What waits, and for what.
  struct Waiting {
    std::size_t for_rate = 0;             ///< or for a limit of requests at a time
    std::size_t for_circuit = 0;          ///< to close
    std::size_t for_throttle = 0;         ///< of a destination that has asked for time, or was down
    std::optional<WallTime> probe;        ///< the next of an open circuit for which something waits
    std::optional<SteadyTime> hold_ends;  ///< the first of a destination for which something waits
  };
  Waiting waiting() const;

  /// What release_ready() has held back since the last call.
  HeldBack take_held_back() { return std::exchange(held_back_, {}); }

  /// Calls `visit` with each limiter, in one order.
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

  /// Drops unused limiters when there are many.
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
  std::map<DestinationNo, SteadyTime> kept_paces_;  ///< by the last run; no request before that
  std::vector<DestinationNo> paces_over_;           ///< to be forgotten with the next turn
  std::int64_t newest_action_ = 0;
  std::map<DestinationNo, std::int64_t> troubled_;  ///< and the newest action when that was found out
  std::size_t troubled_most_ = 256;                 ///< as tidy_at_
  std::size_t tidy_at_ = 256;                       ///< tidy() works from this number of limiters on
};

}  // namespace dispatch::flow

#pragma once

#include "base/clock.hpp"
#include "flow/limits/host_gate.hpp"
#include "flow/limits/host_gates.hpp"
#include "flow/rules/commit_limits.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

namespace dispatch::flow {

struct Item;
struct Lane;
struct DestinationLimiter;

/// How an item was released by its destination's limiter.
enum class PermitKind : std::uint8_t {
  none,   ///< it was not, or there is no limiter
  usual,  ///< the limits allowed it
  probe,  ///< to test whether the destination is up again
};

/// Why a delivery was turned away.
enum class TurnedAwayFor : std::uint8_t {
  leaving,  ///< its delivery queue is paused or has another URL now
  room,     ///< its destination's limiter is full
  others,   ///< deliveries that were passed over at its destination's limiter come first
};

/// The result of Scheduler::decide().
struct Decisions {
  struct TurnedAway {
    Item* item = nullptr;
    TurnedAwayFor why = TurnedAwayFor::leaving;
    friend bool operator==(const TurnedAway&, const TurnedAway&) = default;
  };
  std::vector<Item*> go;                ///< may go now, in this order; each holds its lane and its permits
  std::vector<TurnedAway> turned_away;  ///< in order; each holds its lane and waits nowhere
};

/// Decides which deliveries may go now, in what order, and which are turned away.
///
///                              ┌─▶ limiter: queue ─▶ ─┐
///     enter ─▶ lane: queue, 1 ─┴──────────────────────┴─▶ host gate: N, shared ─▶ in all: queue, W ─▶ go
///                          ▲                                          ▲                           ▲
///                      free_lane                                      └─────── free_permits ──────┘
///
/// A lane lets one delivery through at a time, first come, first served. If its destination has a limiter,
/// the delivery waits there, in order, until it is released; otherwise it goes straight to its host's gate.
/// The gate shares the host's permits among destinations (flow/limits/host_gate.hpp). With a permit of its
/// host, a delivery waits for a permit of the run, first come, first served.
///
/// Staged calls take effect with the next decide(), in the order of staging. The same calls give the same
/// decisions. Used by one thread.
class Scheduler {
 public:
  explicit Scheduler(const CommitLimits& limits);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// The queue of a lane. It lets one item through, and the next one only after free_lane().
  class SerialQueue;
  /// Makes a queue for a lane. It lives as long as the scheduler; the caller reuses it for another lane.
  SerialQueue& add_lane();

  HostGates& gates() { return gates_; }
  const CommitLimits& limits() const { return gates_.limits(); }

  // --- Staged calls: they take effect, in order, with the next decide()
  /// Puts the item at the end of its lane.
  void enter(Item& item) { steps_.push_back({.kind = Step::Kind::enter, .item = &item}); }
  /// Frees the lane from the item that it let through.
  void free_lane(Lane& lane) { steps_.push_back({.kind = Step::Kind::free_lane, .lane = &lane}); }
  /// Gives back the permits that decide() gave to the item: its host's and the run's. Takes effect after all
  /// other kinds of staged calls, so that a permit goes to the best of all items that wait by then.
  void free_permits(const Item& item);
  /// Notes that a delivery that decide() let go is committed and cannot be sent before the commit is durable.
  /// Until is_sent() others may go in its place, see CommitLimits::with_unsent.
  void not_sent_yet(const Item& item);
  /// Notes that it is sent, or settled without.
  void is_sent(const Item& item);
  /// Sets whether deliveries to this host may be committed ahead. If more may go, they go after all other
  /// kinds of staged calls.
  void allow_ahead(HostGate& gate, bool allowed) {
    gate.allow_ahead(allowed);
    frees_.push_back({.gate = &gate});
  }
  /// Changes the limits of all hosts and of the run. If they are higher, more deliveries go, after all other
  /// kinds of staged calls. If they are lower, items keep their permits, also those that have one of their
  /// host and wait for one of the run; no more go until enough permits are given back. The size of the window
  /// does not change (WindowLimits::suiting), so it cannot make full use of much higher limits.
  void set_limits(const CommitLimits& limits) {
    gates_.set_limits(limits);
    gates_.each([this](HostGate& gate) { frees_.push_back({.gate = &gate}); });
    limits_changed_ = true;
  }
  /// Releases the first item that waits at the limiter; there must be one. Sets its Item::permit to `permit`.
  void release(DestinationLimiter& limiter, PermitKind permit) {
    steps_.push_back({.kind = Step::Kind::release, .limiter = &limiter, .permit = permit});
  }
  /// Puts an item that decide() has let go at the end of its lane's limiter, or turns it away, see
  /// TurnedAwayFor. The item keeps its lane; the caller gives back its permits.
  void hold(Item& item) { steps_.push_back({.kind = Step::Kind::hold, .item = &item}); }
  bool staged() const { return !steps_.empty() || !frees_.empty() || limits_changed_; }

  /// Carries out the staged calls. `now` becomes the timestamp of the steps that items take.
  Decisions decide(WallTime now);

  /// Takes out the items that wait in the lane, in order, without the one that was let through. Takes effect
  /// at once; nothing may be staged for the lane.
  std::vector<Item*> take_back(Lane& lane);

 private:
  struct Step {
    enum class Kind { enter, free_lane, release, hold } kind;
    Lane* lane = nullptr;
    Item* item = nullptr;
    DestinationLimiter* limiter = nullptr;
    PermitKind permit = PermitKind::none;
    Item* first = nullptr;  ///< the item that comes first in its lane by this step; null: none
  };
  /// Gives back one permit. Without a share it gives back none, but the gate may let more through.
  struct Free {
    HostGate* gate = nullptr;
    HostGate::Share* share = nullptr;
  };
  class Graph;

  void play_lanes();
  void play(const Step& step, WallTime now, Decisions& decisions);
  void come_first(Item& item, Decisions& decisions);
  static void to_limiter(DestinationLimiter& limiter, Item& item, Decisions& decisions);
  void to_gate(Item& item);
  void let_through(HostGate& gate);
  std::size_t committed_most() const;

  std::vector<Step> steps_;
  std::vector<Free> frees_;
  std::uint64_t steps_before_ = 0;  ///< number of steps that have taken effect
  HostGates gates_;
  std::deque<Item*> before_in_all_;  ///< items with a permit of their host that wait for one of the run
  std::size_t committed_ = 0;        ///< number of permits of the run that are given
  std::size_t unsent_ = 0;           ///< of these, the deliveries that are not sent yet
  bool limits_changed_ = false;      ///< since the last decide()
  std::unique_ptr<Graph> graph_;
};

}  // namespace dispatch::flow

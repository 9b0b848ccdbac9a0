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

/// Why an item was let through by its destination's limiter.
enum class PermitKind : std::uint8_t {
  none,   ///< it has not, or there was no limiter
  usual,  ///< the limits allowed it
  probe,  ///< to see whether the destination is up again
};

/// Why a delivery was turned away.
enum class TurnedAwayFor : std::uint8_t {
  leaving,  ///< its delivery queue is paused, or goes elsewhere by now
  room,     ///< no more may wait at its destination's limiter
  others,   ///< what was passed over at its destination's limiter comes first
};

/// What Scheduler::decide() has decided.
struct Decisions {
  struct TurnedAway {
    Item* item = nullptr;
    TurnedAwayFor why = TurnedAwayFor::leaving;
    friend bool operator==(const TurnedAway&, const TurnedAway&) = default;
  };
  std::vector<Item*> go;  ///< in the order in which they go: each holds its lane and its permits
  std::vector<TurnedAway> turned_away;  ///< in order: each holds its lane, and waits nowhere
};

/// Decides which deliveries may go now, in what order, and which are turned away.
///
///                              ┌─▶ limiter: queue ─▶ ─┐
///     enter ─▶ lane: queue, 1 ─┴──────────────────────┴─▶ host gate: N, shared ─▶ in all: queue, W ─▶ go
///                          ▲                                          ▲                           ▲
///                      free_lane                                      └─────── free_permits ──────┘
///
/// In a lane one delivery goes at a time, first come, first served. What goes to a destination that has a
/// limiter waits there, in its order, until it is released; to any other it goes straight to its host's gate,
/// which shares its permits among destinations (flow/limits/host_gate.hpp). What holds a permit of its host
/// waits for one of those in all, first come, first served.
///
/// What is staged takes effect with the next decide(), in the order of staging: the same calls give the same
/// decisions. Used by one thread.
class Scheduler {
 public:
  explicit Scheduler(const CommitLimits& limits);
  ~Scheduler();
  Scheduler(const Scheduler&) = delete;
  Scheduler& operator=(const Scheduler&) = delete;

  /// What waits in a lane. One item of it is let through, and the next only after free_lane().
  class SerialQueue;
  /// It lives as long as the scheduler: the callers keep unused ones, and use them again.
  SerialQueue& add_lane();

  HostGates& gates() { return gates_; }
  const CommitLimits& limits() const { return gates_.limits(); }

  // --- Staged, in order, until the next decide()
  /// Puts the item at the end of its lane.
  void enter(Item& item) { steps_.push_back({.kind = Step::Kind::enter, .item = &item}); }
  /// The item that was let through by the lane does not hold it any more.
  void free_lane(Lane& lane) { steps_.push_back({.kind = Step::Kind::free_lane, .lane = &lane}); }
  /// Gives back the permits of the item, which were given to it by decide(): its host's, and that in all.
  /// After all else, so that a permit goes to the item with the best claim among all that wait by then.
  void free_permits(const Item& item);
  /// Whether anything to this host may be committed ahead. More goes after all else, as above.
  void allow_ahead(HostGate& gate, bool allowed) {
    gate.allow_ahead(allowed);
    frees_.push_back({.gate = &gate});
  }
  /// Of all hosts, and in all. Where they are higher, more goes after all else, as above. Where they are
  /// lower, what has gone keeps its permits, and nothing more goes until enough of them are given back. The
  /// window stays as large as it was (WindowLimits::suiting): of much higher limits it makes no full use.
  void set_limits(const CommitLimits& limits) {
    gates_.set_limits(limits);
    gates_.each([this](HostGate& gate) { frees_.push_back({.gate = &gate}); });
    limits_changed_ = true;
  }
  /// Lets one through that waits at the limiter; there must be one. Its Item::permit becomes `permit`.
  void release(DestinationLimiter& limiter, PermitKind permit) {
    steps_.push_back({.kind = Step::Kind::release, .limiter = &limiter, .permit = permit});
  }
  /// Puts what decide() has let go to the end of its lane's limiter. It keeps its lane; its permits are the
  /// caller's to give back.
  void hold(Item& item) { steps_.push_back({.kind = Step::Kind::hold, .item = &item}); }
  bool staged() const { return !steps_.empty() || !frees_.empty() || limits_changed_; }

  /// What was staged takes effect at `now`.
  Decisions decide(WallTime now);

  /// Takes out what waits in the lane, in order; the item that was let through is not among it. At once;
  /// nothing may be staged for the lane.
  std::vector<Item*> take_back(Lane& lane);

 private:
  struct Step {
    enum class Kind { enter, free_lane, release, hold } kind;
    Lane* lane = nullptr;
    Item* item = nullptr;
    DestinationLimiter* limiter = nullptr;
    PermitKind permit = PermitKind::none;
    Item* first = nullptr;  ///< what comes first in its lane by it
  };
  /// Gives back one permit. Without a share: no permit, but the gate may let more through.
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

  std::vector<Step> steps_;
  std::vector<Free> frees_;
  std::uint64_t steps_before_ = 0;  ///< those that have taken effect
  HostGates gates_;
  std::deque<Item*> before_in_all_;  ///< what holds a permit of its host, and waits for one in all
  std::size_t committed_ = 0;        ///< permits in all that are given
  bool limits_changed_ = false;      ///< since the last decisions
  std::unique_ptr<Graph> graph_;
};

}  // namespace dispatch::flow

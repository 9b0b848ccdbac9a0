#pragma once

#include "base/clock.hpp"
#include "flow/limits/host_gate.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/task_arena.h>

namespace dispatch::flow {

struct Item;
struct DestinationLimiter;

/// Why an item was let through by its destination's limiter.
enum class PermitKind : std::uint8_t {
  none,   ///< it has not, or there was no limiter
  usual,  ///< the limits allowed it
  probe,  ///< to see whether the destination is up again
};

/// The flow graph: what holds deliveries back until they may go.
///
///                                        ┌─▶ limiter: queue ─▶ ─────┐
///     enter ─▶ lane: queue ─▶ limiter 1 ─┴─────────────────────────┴─▶ host gate: N, shared ─▶
///                                 ▲                                              ▲
///                             free_lane                                          │
///                              workers: queue ─▶ limiter W ─▶ intents             │
///                                                    ▲                            │
///                                                    └────── free_permits ────────┘
///
/// What goes to a destination that has a limiter waits there, in its order, until it is released; to any
/// other it goes straight to its host's gate.
///
/// A queue stands before each limiter, because a limiter drops what it cannot take from a node that does not
/// keep it. A host's gate chooses among destinations, which no limiter can: see flow/limits/host_gate.hpp.
/// The graph lives in a one-slot arena on its caller's thread: between calls of run_until_quiet() nothing
/// moves, so no lock is needed and the same calls give the same result. Lanes and gates are only added, never
/// removed, while the graph lives: removing a node is not safe in TBB. The callers keep unused ones and use
/// them again.
class Graph {
 public:
  explicit Graph(std::size_t workers);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// What is serial: one item of it is let through, and the next only after free_lane().
  class LaneNodes;
  /// A queue from which DestinationLimiters releases items one by one; see
  /// flow/limits/destination_limiter.hpp.
  class LimiterNodes;

  LaneNodes& add_lane();
  /// Returns a gate with `permits` permits, all free, and `ahead` more for requests that are committed ahead.
  HostGate& take_gate(std::size_t permits, std::size_t ahead);
  /// No lane leads to it. Its permits are all there, or will be when what is staged is played.
  void give_back(HostGate& gate) { free_gates_.push_back(&gate); }
  /// The number of gates, in use or not.
  std::size_t gates() const { return gates_.size(); }
  LimiterNodes& add_limiter();
  /// The time of the turn, which is stamped on what comes through.
  void set_now(WallTime now, SteadyTime steady) {
    now_ = now;
    steady_ = steady;
  }
  WallTime now() const { return now_; }
  SteadyTime steady() const { return steady_; }

  // Staged, in order, until the next run_until_quiet().
  void enter(LaneNodes& lane, Item& item) {
    steps_.push_back({.kind = Step::Kind::enter, .lane = &lane, .item = &item});
  }
  void free_lane(LaneNodes& lane) { steps_.push_back({.kind = Step::Kind::free_lane, .lane = &lane}); }
  /// Gives back the permits of the item, which it got here: its host's and the worker's. Played after all
  /// else, so that a permit goes to the item with the best claim among all that wait by then.
  void free_permits(const Item& item);
  /// Sets how many requests beyond the gate's permits may be committed ahead.
  void set_ahead(HostGate& gate, std::size_t ahead) {
    gate.set_ahead(ahead);
    frees_.push_back({.gate = &gate});
  }
  /// Lets one through that waits at the limiter; there must be one. Its Item::permit becomes `permit`.
  void release(DestinationLimiter& limiter, PermitKind permit) {
    steps_.push_back({.kind = Step::Kind::release, .limiter = &limiter, .permit = permit});
  }
  /// Puts what run_until_quiet() has returned to the end of its lane's limiter. It keeps its lane; its
  /// permits are the caller's to give back.
  void hold(Item& item) { steps_.push_back({.kind = Step::Kind::hold, .item = &item}); }
  bool staged() const { return !steps_.empty() || !frees_.empty(); }

  /// Plays the staged steps and returns what may go now, in order: each holds its lane and its permits.
  std::vector<Item*> run_until_quiet();
  /// What came to a limiter at which no more may wait or others come first, or out of a lane that leaves or
  /// whose delivery queue is paused, in order: each holds its lane, and waits nowhere.
  std::vector<Item*> turned_away() { return std::exchange(turned_away_, {}); }
  /// Takes out all that waits at the limiter, in order: as above.
  std::vector<Item*> take_back(DestinationLimiter& limiter);
  /// Takes out what waits at the gate in lanes that leave, in order: each holds its lane, and has no permit.
  static std::vector<Item*> take_leaving(HostGate& gate) { return gate.take_leaving(); }

  /// Takes back what waits in the lane's queue, in order; the one that was let through is not among them.
  /// Only between runs, with nothing staged for the lane.
  std::vector<Item*> take_back(LaneNodes& lane);

 private:
  using Queue = tbb::flow::queue_node<Item*>;
  using Limiter = tbb::flow::limiter_node<Item*, int>;
  using Passage = tbb::flow::function_node<Item*, tbb::flow::continue_msg, tbb::flow::lightweight>;

  struct Step {
    enum class Kind { enter, free_lane, release, hold } kind;
    LaneNodes* lane = nullptr;
    Item* item = nullptr;
    DestinationLimiter* limiter = nullptr;
    PermitKind permit = PermitKind::none;
  };
  /// Gives back one permit. Without a share: no permit, but the gate may let more through.
  struct Free {
    HostGate* gate = nullptr;
    HostGate::Share* share = nullptr;
  };
  struct Nodes;

  void play(const Step& step);
  void to_limiter(DestinationLimiter& limiter, Item& item);
  void to_gate(Item& item);
  void let_through(HostGate& gate);

  tbb::task_arena arena_{1, 1};
  WallTime now_{};
  SteadyTime steady_{};
  std::vector<Step> steps_;
  std::vector<Free> frees_;
  std::vector<Item*> intents_;
  std::vector<Item*> turned_away_;
  std::vector<std::unique_ptr<HostGate>> gates_;
  std::vector<HostGate*> free_gates_;
  std::unique_ptr<Nodes> nodes_;
};

}  // namespace dispatch::flow

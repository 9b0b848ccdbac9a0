#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/task_arena.h>

namespace dispatch::flow {

struct Item;

/// The flow graph: what holds deliveries back until they may go.
///
///     enter ─▶ lane: queue ─▶ limiter 1 ─▶ host gate: queue ─▶ limiter N ─▶ workers: queue ─▶ limiter W ─▶
///     intents
///                                 ▲                               ▲                              ▲
///                             free_lane                           └───────── free_permits ───────┘
///
/// A queue stands before each limiter, because a limiter drops what it cannot take from a node that does not
/// keep it. The graph lives in a one-slot arena on its caller's thread: between calls of run_until_quiet()
/// nothing moves, so no lock is needed and the same calls give the same result. Lanes and gates are only
/// added, never removed, while the graph lives: removing a node is not safe in TBB, so lanes are pooled by
/// whoever asks for them.
class Graph {
 public:
  explicit Graph(std::size_t workers);
  ~Graph();
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  /// What is serial: one item of it is let through, and the next only after free_lane().
  class LaneNodes;
  /// What is limited: so many of its items are let through, and another for each free_permits().
  class GateNodes;

  LaneNodes& add_lane();
  GateNodes& add_gate(std::size_t width);

  // Staged, in order, until the next run_until_quiet().
  void enter(LaneNodes& lane, Item& item) { steps_.push_back({Step::Kind::enter, &lane, nullptr, &item}); }
  void free_lane(LaneNodes& lane) { steps_.push_back({Step::Kind::free_lane, &lane, nullptr, nullptr}); }
  /// Gives back the gate's permit and the worker's.
  void free_permits(GateNodes& gate) {
    steps_.push_back({Step::Kind::free_permits, nullptr, &gate, nullptr});
  }

  /// Plays the staged steps and returns what may go now, in order: each holds its lane and its permits.
  std::vector<Item*> run_until_quiet();

  /// Takes back what waits in the lane's queue, in order; the one that was let through is not among them.
  /// Only between runs, with nothing staged for the lane.
  std::vector<Item*> take_back(LaneNodes& lane);

 private:
  using Queue = tbb::flow::queue_node<Item*>;
  using Limiter = tbb::flow::limiter_node<Item*, int>;
  using Passage = tbb::flow::function_node<Item*, tbb::flow::continue_msg, tbb::flow::lightweight>;

  struct Step {
    enum class Kind { enter, free_lane, free_permits } kind;
    LaneNodes* lane;
    GateNodes* gate;
    Item* item;
  };
  struct Nodes;

  void play(const Step& step);

  tbb::task_arena arena_{1, 1};
  std::vector<Step> steps_;
  std::vector<Item*> intents_;
  std::unique_ptr<Nodes> nodes_;
};

}  // namespace dispatch::flow

#include "flow/limits/scheduler.hpp"

#include "flow/limits/destination_limiter.hpp"
#include "flow/limits/lane.hpp"

#include <utility>

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/task_arena.h>

// A TBB flow graph. A queue stands before each limiter, because a limiter drops what it cannot take from a
// node that does not keep it. A host's gate chooses among destinations, which no limiter can.
//
// The graph lives in a one-slot arena on its caller's thread: between calls of decide() nothing moves, so no
// lock is needed. Nodes are only added: removing one is not safe in TBB.

namespace dispatch::flow {
namespace {

using Queue = tbb::flow::queue_node<Item*>;
using Limiter = tbb::flow::limiter_node<Item*, int>;
using Passage = tbb::flow::function_node<Item*, tbb::flow::continue_msg, tbb::flow::lightweight>;

bool leaves(const Lane& lane) {
  return lane.leaves || lane.queue->policy->paused;
}

}  // namespace

class Scheduler::SerialQueue {
 public:
  SerialQueue(tbb::flow::graph& graph, Passage& first) : queue(graph), serial(graph, 1) {
    tbb::flow::make_edge(queue, serial);
    tbb::flow::make_edge(serial, first);
  }
  Queue queue;
  Limiter serial;
};

class Scheduler::LimiterQueue {
 public:
  explicit LimiterQueue(tbb::flow::graph& graph) : queue(graph) {}
  Queue queue;
};

// The graph stands first, so that it outlives its nodes.
struct Scheduler::Nodes {
  Nodes(std::size_t in_all_most, Scheduler& owner)
      : first(graph, tbb::flow::unlimited,
              [&owner](Item* item) noexcept {
                owner.come_first(*item);
                return tbb::flow::continue_msg{};
              }),
        queue(graph),
        in_all(graph, in_all_most),
        go(graph, tbb::flow::unlimited, [&owner](Item* item) noexcept {
          owner.decisions_.go.push_back(item);
          return tbb::flow::continue_msg{};
        }) {
    tbb::flow::make_edge(queue, in_all);
    tbb::flow::make_edge(in_all, go);
  }

  tbb::flow::graph graph;
  Passage first;
  Queue queue;
  Limiter in_all;
  Passage go;
  std::vector<std::unique_ptr<SerialQueue>> lanes;
  std::vector<std::unique_ptr<LimiterQueue>> limiters;
};

class Scheduler::Graph {
 public:
  Graph(std::size_t in_all, Scheduler& owner) {
    // A graph runs in the arena it was made in.
    arena_.execute([&] { nodes_ = std::make_unique<Nodes>(in_all, owner); });
  }
  ~Graph() {
    // Even an edge is made with a task; none may outlive the nodes.
    run([](Nodes&) {});
    arena_.execute([&] { nodes_.reset(); });
  }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  Nodes& nodes() { return *nodes_; }
  void wait() { nodes_->graph.wait_for_all(); }
  /// Does `what` inside the arena, and waits until all is at rest.
  template <class What>
  void run(What what) {
    arena_.execute([&] {
      what(*nodes_);
      wait();
    });
  }

 private:
  tbb::task_arena arena_{1, 1};
  std::unique_ptr<Nodes> nodes_;
};

Scheduler::Scheduler(std::size_t in_all) : graph_(std::make_unique<Graph>(in_all, *this)) {}

Scheduler::~Scheduler() = default;

Scheduler::SerialQueue& Scheduler::add_lane() {
  Nodes& nodes = graph_->nodes();
  return *nodes.lanes.emplace_back(std::make_unique<SerialQueue>(nodes.graph, nodes.first));
}

Scheduler::LimiterQueue& Scheduler::add_limiter() {
  Nodes& nodes = graph_->nodes();
  return *nodes.limiters.emplace_back(std::make_unique<LimiterQueue>(nodes.graph));
}

void Scheduler::free_permits(const Item& item) {
  frees_.push_back({.gate = item.lane->host->gate, .share = item.lane->share});
}

/// The item is first in its lane.
void Scheduler::come_first(Item& item) {
  item.timestamps.head = now_;
  if (leaves(*item.lane))
    decisions_.turned_away.push_back({&item, TurnedAwayFor::leaving});
  else if (item.lane->limiter != nullptr)
    to_limiter(*item.lane->limiter, item);
  else
    to_gate(item);
}

void Scheduler::to_limiter(DestinationLimiter& limiter, Item& item) {
  item.permit = PermitKind::none;
  item.timestamps.at_limiter = limiter.holds_for();
  if (limiter.full() || limiter.gives_way(item.row)) {
    decisions_.turned_away.push_back({&item, limiter.full() ? TurnedAwayFor::room : TurnedAwayFor::others});
    return;
  }
  ++limiter.waiting;
  limiter.line->queue.try_put(&item);
}

void Scheduler::to_gate(Item& item) {
  HostGate& gate = *item.lane->host->gate;
  gate.enter(item);
  let_through(gate);
}

void Scheduler::let_through(HostGate& gate) {
  while (Item* item = gate.next()) graph_->nodes().queue.try_put(item);
}

void Scheduler::play(const Step& step) {
  switch (step.kind) {
    case Step::Kind::enter:
      step.item->lane->serial->queue.try_put(step.item);
      break;
    case Step::Kind::free_lane:
      step.lane->serial->serial.decrementer().try_put(1);
      break;
    case Step::Kind::release: {
      Item* item = nullptr;
      if (!step.limiter->line->queue.try_get(item)) break;
      --step.limiter->waiting;
      item->permit = step.permit;
      item->timestamps.let_through = now_;
      if (step.permit == PermitKind::probe) item->timestamps.at_limiter = WaitReason::circuit;
      to_gate(*item);
      break;
    }
    case Step::Kind::hold:
      to_limiter(*step.item->lane->limiter, *step.item);
      break;
  }
}

Decisions Scheduler::decide(WallTime now) {
  now_ = now;
  if (staged()) {
    graph_->run([&](Nodes& nodes) {
      // To rest after each step: tasks run last in, first out, and what entered first is to go first.
      for (const Step& step : steps_) {
        play(step);
        graph_->wait();
      }
      for (const Free& one : frees_) {
        if (one.share != nullptr) {
          one.gate->free(*one.share);
          nodes.in_all.decrementer().try_put(1);
        }
        let_through(*one.gate);
        graph_->wait();
      }
    });
    steps_.clear();
    frees_.clear();
  }
  return std::exchange(decisions_, {});
}

std::vector<Item*> Scheduler::take_back(DestinationLimiter& limiter) {
  std::vector<Item*> waiting;
  graph_->run([&](Nodes&) {
    for (Item* item = nullptr; limiter.line->queue.try_get(item);) waiting.push_back(item);
  });
  limiter.waiting = 0;
  return waiting;
}

std::vector<Item*> Scheduler::take_back(Lane& lane) {
  std::vector<Item*> waiting;
  graph_->run([&](Nodes&) {
    for (Item* item = nullptr; lane.serial->queue.try_get(item);) waiting.push_back(item);
  });
  return waiting;
}

}  // namespace dispatch::flow

#include "flow/limits/scheduler.hpp"

#include "flow/limits/destination_limiter.hpp"
#include "flow/limits/lane.hpp"

#include <algorithm>
#include <utility>

#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/task_arena.h>

// The lanes are a TBB flow graph. Each lane is a queue node in front of a limiter node, because a limiter
// node rejects what it cannot take. The limiters and gates behind the lanes choose among items, which a
// limiter node cannot do; they are our own code.
//
// The graph runs in a one-slot arena on the caller's thread. Outside Graph::run() nothing moves, so no lock
// is needed. Nodes are only added, because removing one is not safe in TBB.
//
// decide() waits for the graph only once, for all steps together, although TBB runs its tasks last in, first
// out. This is correct because lanes depend neither on each other nor on what comes behind them. Between two
// calls at most one item comes first in a lane, because only an item that decide() has returned frees its
// lane. The step by which it comes first is the later one of two: the step by which it entered, and the step
// that freed the lane. When the graph is quiet, the part behind the lanes runs step by step, in the order of
// staging.

namespace dispatch::flow {
namespace {

/// An item that waits in a lane.
struct Entered {
  Item* item = nullptr;
  std::uint64_t step = 0;  ///< the step by which it entered
  bool queued = false;     ///< it went through the lane's queue
};

using Queue = tbb::flow::queue_node<Entered>;
using Limiter = tbb::flow::limiter_node<Entered, int>;
using First = tbb::flow::function_node<Entered, tbb::flow::continue_msg, tbb::flow::lightweight>;

bool leaves(const Lane& lane) {
  return lane.leaves || lane.queue->policy->paused;
}

}  // namespace

class Scheduler::SerialQueue {
 public:
  SerialQueue(tbb::flow::graph& graph, First& first) : queue(graph), serial(graph, 1) {
    tbb::flow::make_edge(queue, serial);
    tbb::flow::make_edge(serial, first);
  }
  /// Puts an item at the end of the lane. Where nothing waits it goes to the limiter at once, which spares
  /// the task that a queue node starts for each item; a busy limiter rejects it.
  void enter(Item& item, std::uint64_t step) {
    if (queued == 0 && serial.try_put({&item, step, false})) return;
    ++queued;
    queue.try_put({&item, step, true});
  }
  Queue queue;
  Limiter serial;
  std::uint64_t freed = 0;  ///< the step that freed the lane last
  std::size_t queued = 0;   ///< number of items in the queue
};

class Scheduler::Graph {
 public:
  explicit Graph(Scheduler& owner) {
    // A graph runs in the arena in which it was created.
    arena_.execute([&] { nodes_ = std::make_unique<Nodes>(owner); });
  }
  ~Graph() {
    // Making an edge starts a task, too; no task may outlive the nodes.
    run([] {});
    arena_.execute([&] { nodes_.reset(); });
  }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;

  SerialQueue& add_lane() {
    return *nodes_->lanes.emplace_back(std::make_unique<SerialQueue>(nodes_->graph, nodes_->first));
  }
  /// Calls `what`, and waits until the graph is quiet.
  template <class What>
  void run(What what) {
    arena_.execute([&] {
      what();
      nodes_->graph.wait_for_all();
    });
  }

 private:
  // The graph is declared first, so that it outlives its nodes.
  struct Nodes {
    explicit Nodes(Scheduler& owner)
        : first(graph, tbb::flow::unlimited, [&owner](const Entered& entered) noexcept {
            SerialQueue& lane = *entered.item->lane->serial;
            if (entered.queued) --lane.queued;
            const std::uint64_t step = std::max(entered.step, lane.freed);
            owner.steps_[step - owner.steps_before_].first = entered.item;
            return tbb::flow::continue_msg{};
          }) {}

    tbb::flow::graph graph;
    First first;
    std::vector<std::unique_ptr<SerialQueue>> lanes;
  };

  tbb::task_arena arena_{1, 1};
  std::unique_ptr<Nodes> nodes_;
};

Scheduler::Scheduler(const CommitLimits& limits) : gates_(limits), graph_(std::make_unique<Graph>(*this)) {}

Scheduler::~Scheduler() = default;

Scheduler::SerialQueue& Scheduler::add_lane() {
  return graph_->add_lane();
}

void Scheduler::free_permits(const Item& item) {
  frees_.push_back({.gate = item.lane->host->gate, .share = item.lane->share});
}

void Scheduler::not_sent_yet(const Item& item) {
  HostGate& gate = *item.lane->host->gate;
  gate.not_sent_yet();
  ++unsent_;
  // Several of a turn have one host: its gate looks once.
  if (frees_.empty() || frees_.back().gate != &gate) frees_.push_back({.gate = &gate});
}

void Scheduler::is_sent(const Item& item) {
  item.lane->host->gate->is_sent();
  --unsent_;
}

std::size_t Scheduler::committed_most() const {
  return limits().with_unsent(limits().committed_most_in_all(), unsent_);
}

Decisions Scheduler::decide(WallTime now) {
  Decisions decisions;
  if (!steps_.empty()) graph_->run([&] { play_lanes(); });
  for (const Step& step : steps_) play(step, now, decisions);
  steps_before_ += steps_.size();
  steps_.clear();
  for (const Free& one : frees_) {
    if (one.share != nullptr) {
      one.gate->free(*one.share);
      --committed_;
    }
    let_through(*one.gate);
  }
  frees_.clear();
  limits_changed_ = false;
  for (; committed_ < committed_most() && !before_in_all_.empty(); ++committed_) {
    decisions.go.push_back(before_in_all_.front());
    before_in_all_.pop_front();
  }
  return decisions;
}

/// Runs the steps of the lanes, and sets Step::first.
void Scheduler::play_lanes() {
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (step.kind == Step::Kind::enter) {
      step.item->lane->serial->enter(*step.item, steps_before_ + i);
    } else if (step.kind == Step::Kind::free_lane) {
      step.lane->serial->freed = steps_before_ + i;
      step.lane->serial->serial.decrementer().try_put(1);
    }
  }
}

void Scheduler::play(const Step& step, WallTime now, Decisions& decisions) {
  switch (step.kind) {
    case Step::Kind::enter:
    case Step::Kind::free_lane:
      if (step.first == nullptr) break;
      step.first->timestamps.head = now;
      come_first(*step.first, decisions);
      break;
    case Step::Kind::release: {
      auto& waiting = step.limiter->waiting;
      if (waiting.empty()) break;
      Item& item = *waiting.front();
      waiting.pop_front();
      item.permit = step.permit;
      item.timestamps.let_through = now;
      if (step.permit == PermitKind::probe) item.timestamps.at_limiter = WaitReason::circuit;
      to_gate(item);
      break;
    }
    case Step::Kind::hold:
      to_limiter(*step.item->lane->limiter, *step.item, decisions);
      break;
  }
}

void Scheduler::come_first(Item& item, Decisions& decisions) {
  if (leaves(*item.lane))
    decisions.turned_away.push_back({&item, TurnedAwayFor::leaving});
  else if (item.lane->limiter != nullptr)
    to_limiter(*item.lane->limiter, item, decisions);
  else
    to_gate(item);
}

void Scheduler::to_limiter(DestinationLimiter& limiter, Item& item, Decisions& decisions) {
  item.permit = PermitKind::none;
  item.timestamps.at_limiter = limiter.holds_for();
  if (limiter.full())
    decisions.turned_away.push_back({&item, TurnedAwayFor::room});
  else if (limiter.gives_way(item.row))
    decisions.turned_away.push_back({&item, TurnedAwayFor::others});
  else
    limiter.waiting.push_back(&item);
}

void Scheduler::to_gate(Item& item) {
  HostGate& gate = *item.lane->host->gate;
  gate.enter(item);
  let_through(gate);
}

void Scheduler::let_through(HostGate& gate) {
  while (Item* item = gate.next()) before_in_all_.push_back(item);
}

std::vector<Item*> Scheduler::take_back(Lane& lane) {
  std::vector<Item*> waiting;
  for (Entered entered; lane.serial->queue.try_get(entered);) waiting.push_back(entered.item);
  lane.serial->queued = 0;
  return waiting;
}

}  // namespace dispatch::flow

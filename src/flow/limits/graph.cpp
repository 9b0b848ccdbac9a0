#include "flow/limits/graph.hpp"

#include "flow/limits/destination_limiter.hpp"
#include "flow/limits/lane.hpp"

#include <utility>

namespace dispatch::flow {

class Graph::LaneNodes {
 public:
  LaneNodes(tbb::flow::graph& graph, Passage& to_gate) : queue(graph), serial(graph, 1) {
    tbb::flow::make_edge(queue, serial);
    tbb::flow::make_edge(serial, to_gate);
  }
  Queue queue;
  Limiter serial;
};

class Graph::LimiterNodes {
 public:
  explicit LimiterNodes(tbb::flow::graph& graph) : queue(graph) {}
  Queue queue;
};

// The graph stands first, so that it outlives its nodes.
struct Graph::Nodes {
  Nodes(std::size_t workers_most, Graph& owner)
      : to_gate(graph, tbb::flow::unlimited,
                [&owner](Item* item) noexcept {
                  const Lane& lane = *item->lane;
                  item->timestamps.head = owner.now_;
                  if (lane.queue->policy->paused || lane.leaves)
                    owner.turned_away_.push_back(item);
                  else if (lane.limiter != nullptr)
                    owner.to_limiter(*lane.limiter, *item);
                  else
                    owner.to_gate(*item);
                  return tbb::flow::continue_msg{};
                }),
        worker_queue(graph),
        workers(graph, workers_most),
        begin(graph, tbb::flow::unlimited, [&owner](Item* item) noexcept {
          owner.intents_.push_back(item);
          return tbb::flow::continue_msg{};
        }) {
    tbb::flow::make_edge(worker_queue, workers);
    tbb::flow::make_edge(workers, begin);
  }

  tbb::flow::graph graph;
  Passage to_gate;
  Queue worker_queue;
  Limiter workers;
  Passage begin;
  std::vector<std::unique_ptr<LaneNodes>> lanes;
  std::vector<std::unique_ptr<LimiterNodes>> limiters;
};

Graph::Graph(std::size_t workers) {
  // A graph runs in the arena it was made in.
  arena_.execute([&] { nodes_ = std::make_unique<Nodes>(workers, *this); });
}

Graph::~Graph() {
  // Even an edge is made with a task; none may outlive the nodes.
  arena_.execute([&] {
    nodes_->graph.wait_for_all();
    nodes_.reset();
  });
}

Graph::LaneNodes& Graph::add_lane() {
  return *nodes_->lanes.emplace_back(std::make_unique<LaneNodes>(nodes_->graph, nodes_->to_gate));
}

HostGate& Graph::take_gate(std::size_t permits, std::size_t ahead) {
  if (free_gates_.empty()) return *gates_.emplace_back(std::make_unique<HostGate>(permits, ahead));
  HostGate& gate = *free_gates_.back();
  free_gates_.pop_back();
  gate.set_ahead(ahead);
  return gate;
}

Graph::LimiterNodes& Graph::add_limiter() {
  return *nodes_->limiters.emplace_back(std::make_unique<LimiterNodes>(nodes_->graph));
}

void Graph::to_limiter(DestinationLimiter& limiter, Item& item) {
  item.permit = PermitKind::none;
  item.timestamps.at_limiter = limiter.holds_for();
  if (limiter.full() || limiter.gives_way(item.row)) {
    turned_away_.push_back(&item);
    return;
  }
  ++limiter.waiting;
  limiter.nodes->queue.try_put(&item);
}

void Graph::free_permits(const Item& item) {
  frees_.push_back({.gate = item.lane->host->gate, .share = item.lane->share});
}

void Graph::to_gate(Item& item) {
  HostGate& gate = *item.lane->host->gate;
  gate.enter(item);
  let_through(gate);
}

void Graph::let_through(HostGate& gate) {
  while (Item* item = gate.next()) nodes_->worker_queue.try_put(item);
}

void Graph::play(const Step& step) {
  switch (step.kind) {
    case Step::Kind::enter:
      step.lane->queue.try_put(step.item);
      break;
    case Step::Kind::free_lane:
      step.lane->serial.decrementer().try_put(1);
      break;
    case Step::Kind::release: {
      Item* item = nullptr;
      if (!step.limiter->nodes->queue.try_get(item)) break;
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

std::vector<Item*> Graph::run_until_quiet() {
  if (staged()) {
    arena_.execute([&] {
      // To rest after each step: tasks run last in first out, and what entered first is to go first.
      for (const Step& step : steps_) {
        play(step);
        nodes_->graph.wait_for_all();
      }
      for (const Free& one : frees_) {
        if (one.share != nullptr) {
          one.gate->free(*one.share);
          nodes_->workers.decrementer().try_put(1);
        }
        let_through(*one.gate);
        nodes_->graph.wait_for_all();
      }
    });
    steps_.clear();
    frees_.clear();
  }
  return std::exchange(intents_, {});
}

std::vector<Item*> Graph::take_back(DestinationLimiter& limiter) {
  std::vector<Item*> waiting;
  arena_.execute([&] {
    for (Item* item = nullptr; limiter.nodes->queue.try_get(item);) waiting.push_back(item);
    nodes_->graph.wait_for_all();
  });
  limiter.waiting = 0;
  return waiting;
}

std::vector<Item*> Graph::take_back(LaneNodes& lane) {
  std::vector<Item*> waiting;
  arena_.execute([&] {
    for (Item* item = nullptr; lane.queue.try_get(item);) waiting.push_back(item);
    nodes_->graph.wait_for_all();
  });
  return waiting;
}

}  // namespace dispatch::flow

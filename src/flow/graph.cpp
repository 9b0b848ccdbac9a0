#include "flow/graph.hpp"

#include "flow/valve.hpp"
#include "flow/window.hpp"

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

class Graph::GateNodes {
 public:
  GateNodes(tbb::flow::graph& graph, std::size_t width, Queue& to_workers)
      : queue(graph), permits(graph, width) {
    tbb::flow::make_edge(queue, permits);
    tbb::flow::make_edge(permits, to_workers);
  }
  Queue queue;
  Limiter permits;
};

class Graph::ValveNodes {
 public:
  explicit ValveNodes(tbb::flow::graph& graph) : queue(graph) {}
  Queue queue;
};

// The graph stands first, so that it outlives its nodes.
struct Graph::Nodes {
  Nodes(std::size_t workers_most, Graph& owner)
      : to_gate(graph, tbb::flow::unlimited,
                [&owner](Item* item) noexcept {
                  const Lane& lane = *item->lane;
                  item->stamps.head = owner.now_;
                  if (lane.outlet->terms->shut || lane.leaves)
                    owner.turned_away_.push_back(item);
                  else if (lane.valve != nullptr)
                    owner.to_valve(*lane.valve, *item);
                  else
                    lane.host->gate->queue.try_put(item);
                  return tbb::flow::continue_msg{};
                }),
        worker_queue(graph),
        workers(graph, workers_most),
        begin(graph, tbb::flow::unlimited, [&owner](Item* item) noexcept {
          if (item == nullptr)
            ++owner.blanks_;
          else
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
  std::vector<std::unique_ptr<GateNodes>> gates;
  std::vector<std::unique_ptr<ValveNodes>> valves;
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

Graph::GateNodes& Graph::take_gate(std::size_t width) {
  if (auto& free = free_gates_[width]; !free.empty()) {
    GateNodes& gate = *free.back();
    free.pop_back();
    return gate;
  }
  return *nodes_->gates.emplace_back(std::make_unique<GateNodes>(nodes_->graph, width, nodes_->worker_queue));
}

void Graph::give_back(GateNodes& gate, std::size_t width) {
  free_gates_[width].push_back(&gate);
}

std::size_t Graph::gates() const {
  return nodes_->gates.size();
}

Graph::ValveNodes& Graph::add_valve() {
  return *nodes_->valves.emplace_back(std::make_unique<ValveNodes>(nodes_->graph));
}

void Graph::to_valve(Valve& valve, Item& item) {
  item.pass = Pass::none;
  item.stamps.at_valve = valve.holds_for();
  if (valve.full()) {
    turned_away_.push_back(&item);
    return;
  }
  ++valve.waiting;
  valve.nodes->queue.try_put(&item);
}

void Graph::play(const Step& step) {
  switch (step.kind) {
    case Step::Kind::enter:
      step.lane->queue.try_put(step.item);
      break;
    case Step::Kind::free_lane:
      step.lane->serial.decrementer().try_put(1);
      break;
    case Step::Kind::free_permits:
      step.gate->permits.decrementer().try_put(1);
      nodes_->workers.decrementer().try_put(1);
      break;
    case Step::Kind::narrow:  // a blank takes a permit and never gives it back
      step.gate->queue.try_put(nullptr);
      break;
    case Step::Kind::draw: {
      Item* item = nullptr;
      if (!step.valve->nodes->queue.try_get(item)) break;
      --step.valve->waiting;
      item->pass = step.pass;
      item->stamps.let_through = now_;
      if (step.pass == Pass::probe) item->stamps.at_valve = Hold::circuit;
      item->lane->host->gate->queue.try_put(item);
      break;
    }
    case Step::Kind::hold:
      to_valve(*step.item->lane->valve, *step.item);
      break;
  }
}

std::vector<Item*> Graph::run_until_quiet() {
  if (!steps_.empty()) {
    arena_.execute([&] {
      // To rest after each step: tasks run last in first out, and what entered first is to go first.
      for (const Step& step : steps_) {
        play(step);
        nodes_->graph.wait_for_all();
        for (; blanks_ > 0; --blanks_) {
          nodes_->workers.decrementer().try_put(1);
          nodes_->graph.wait_for_all();
        }
      }
    });
    steps_.clear();
  }
  return std::exchange(intents_, {});
}

std::vector<Item*> Graph::take_back(Valve& valve) {
  std::vector<Item*> waiting;
  arena_.execute([&] {
    for (Item* item = nullptr; valve.nodes->queue.try_get(item);) waiting.push_back(item);
    nodes_->graph.wait_for_all();
  });
  valve.waiting = 0;
  return waiting;
}

std::vector<Item*> Graph::take_leaving(GateNodes& gate) {
  std::vector<Item*> leaving, staying;
  arena_.execute([&] {
    for (Item* item = nullptr; gate.queue.try_get(item);)
      (item != nullptr && item->lane->leaves ? leaving : staying).push_back(item);
    nodes_->graph.wait_for_all();
    for (Item* item : staying) {
      gate.queue.try_put(item);
      nodes_->graph.wait_for_all();
    }
  });
  return leaving;
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

#include "flow/pump/predecessor_reader.hpp"

#include "flow/pump/adjacent.hpp"

#include <utility>

namespace dispatch::flow {

using journal::DeliveryRow;

Result<> PredecessorReader::read_for_pending(std::vector<Candidate>& candidates) {
  tails_.clear();
  lanes_to_open_.clear();
  const QueueState* queue = nullptr;
  std::size_t* lanes_to_open = nullptr;
  for (Candidate& candidate : candidates) {
    if (candidate.row->state != DeliveryState::pending) continue;
    if (std::exchange(queue, candidate.queue) != candidate.queue || lanes_to_open == nullptr)
      lanes_to_open = &lanes_to_open_[queue];
    look_at(candidate, *lanes_to_open);
  }
  return read();
}

void PredecessorReader::look_at(Candidate& candidate, std::size_t& lanes_to_open) {
  const DeliveryRow& row = *candidate.row;
  if (row.entity == EntityNo{}) {
    ++lanes_to_open;
    return;
  }
  const Lane* lane = window_.find(LaneKey::of(row));
  const bool in_use = lane != nullptr && !window_.is_idle(*lane);
  // No answer is needed, and loading the candidates before it does not change that.
  if (in_use && (lane->leaves || lane->more || row.sequence <= lane->tail.sequence)) return;
  const auto [tail, first] = tails_.try_emplace(LaneKey::of(row), row.sequence);
  if (!first) {
    candidate.follows = row.sequence == after(std::exchange(tail->second, row.sequence));
    if (candidate.follows) return;
  } else if (lane != nullptr && row.sequence == after(lane->tail.sequence)) {
    // All below is loaded, or done.
    candidate.follows = in_use;
    if (!in_use) candidate.before.emplace();
    return;
  }
  if (!in_use) {
    if (loader_.would_pass_over(*candidate.queue, row)) return;
    if (first && ++lanes_to_open > window_.room(*candidate.queue)) return;
  }
  want(candidate);
}

Result<> PredecessorReader::read_for_retries(std::vector<Candidate>& candidates) {
  for (Candidate& candidate : candidates)
    if (is_sparse_lane(*candidate.row) && !is_in_use(*candidate.row)) want(candidate);
  return read();
}

Result<> PredecessorReader::read_for_woken(std::vector<Candidate>& candidates) {
  for (Candidate& candidate : candidates)
    if (candidate.row->state == DeliveryState::pending && !is_in_use(*candidate.row)) want(candidate);
  return read();
}

bool PredecessorReader::is_in_use(const DeliveryRow& row) {
  const Lane* lane = window_.find(LaneKey::of(row));
  return lane != nullptr && !window_.is_idle(*lane);
}

void PredecessorReader::want(Candidate& candidate) {
  if (candidate.row->entity == EntityNo{}) return;
  wanted_.push_back(&candidate);
  rows_.push_back(*candidate.row);
}

Result<> PredecessorReader::read() {
  const auto wanted = std::exchange(wanted_, {});
  const auto rows = std::exchange(rows_, {});
  if (rows.empty()) return {};
  DISPATCH_ASSIGN(const auto answers, journal_.predecessors(rows));
  for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i]->before = answers[i];
  return {};
}

}  // namespace dispatch::flow

#include "flow/pump/window_filler.hpp"

#include <iterator>
#include <utility>

namespace dispatch::flow {

using journal::DeliveryRow;

WindowFiller::WindowFiller(journal::Journal& journal, DestinationLimiters& limiters, Window& window,
                           DeliveryQueues& queues, LaneLoader& loader, LeftLanes& left_lanes)
    : journal_(journal),
      window_(window),
      queues_(queues),
      loader_(loader),
      predecessors_(journal, window, loader),
      catch_up_(journal, limiters, window, loader, predecessors_),
      retries_(journal, window, queues, loader, predecessors_),
      wakeups_(journal, window.limits().wakeups_per_turn, queues, loader, left_lanes, predecessors_),
      scanner_(journal, window, queues, loader, predecessors_) {}

Result<> WindowFiller::fill(WallTime now) {
  DISPATCH_TRY(load_drained());
  DISPATCH_TRY(catch_up_.load());
  DISPATCH_TRY(retries_.load_due(now));
  DISPATCH_TRY(wakeups_.follow());
  DISPATCH_TRY(load_arrived());
  return scanner_.load();
}

bool WindowFiller::hungry() const {
  return wakeups_.is_wanted() || !window_.drained().empty() || scanner_.is_wanted() || catch_up_.is_wanted();
}

void WindowFiller::arrived(std::vector<DeliveryRow> made) {
  wakeups_.woken();  // an arrival may have closed a gap, also one that nothing delivers
  std::move(made.begin(), made.end(), std::back_inserter(arrived_));
}

Result<> WindowFiller::load_drained() {
  const auto lanes = std::exchange(window_.drained(), {});
  if (lanes.empty()) return {};
  const std::size_t limit = window_.limits().items_per_lane;
  std::vector<DeliveryRow> tails;
  tails.reserve(lanes.size());
  for (const Lane* lane : lanes) tails.push_back(lane->tail);
  DISPATCH_ASSIGN(const auto next, journal_.open_in_lanes(tails, limit));
  for (std::size_t i = 0; i < lanes.size(); ++i) loader_.load_next(*lanes[i], next[i], limit);
  return {};
}

/// What has just been made need not be read again, where all before it has been looked at.
Result<> WindowFiller::load_arrived() {
  if (arrived_.empty()) return {};
  std::vector<Candidate> candidates;
  candidates.reserve(arrived_.size());
  for (const DeliveryRow& row : arrived_) {
    QueueState& queue = queues_.at(row.key.queue);
    if (queue.more)
      queues_.kept().add(row.key.queue, row);
    else
      candidates.push_back({&queue, &row});
  }
  DISPATCH_TRY(predecessors_.read_for_pending(candidates));
  for (const Candidate& candidate : candidates) {
    QueueState& queue = *candidate.queue;
    if (queue.more) {
      queues_.kept().add(queue.row.no, *candidate.row);
      continue;
    }
    const Position cursor = queue.cursor;
    const bool has_room = window_.has_room(queue);
    if (has_room) queue.cursor = candidate.row->key.position;
    if (has_room && loader_.load_pending(candidate, Found::arrived) == LaneLoader::Loaded::done) continue;
    queue.cursor = cursor;
    queues_.read_later(queue, *candidate.row);
  }
  arrived_.clear();
  return {};
}

}  // namespace dispatch::flow

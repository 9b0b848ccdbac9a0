#include "flow/pump/lane_loader.hpp"

#include "flow/pump/adjacent.hpp"

#include <algorithm>

namespace dispatch::flow {

using journal::DeliveryRow;
using journal::DuePlace;

Result<> LaneLoader::load_next(Lane& lane) {
  QueueState& queue = *lane.queue;
  if (leaves(lane)) {
    DISPATCH_TRY(read_when_open(queue, lane.tail));
    window_.close(lane);
    queues_.list(queue);
    return {};
  }
  const std::size_t limit = window_.limits().items_per_lane;
  const auto rows = journal_.open_in_lane(lane.tail, limit);
  if (!rows) return tl::unexpected(rows.error());
  if (rows->empty()) {
    if (lane.in_doubt)  // it may wait for a gap, and a wakeup brings it back
      window_.close(lane);
    else
      window_.rest(lane);
  } else if (rows->front().state == DeliveryState::pending && gives_way(queue, rows->front())) {
    if (DestinationLimiter* limiter = limiters_.find(queue, rows->front().destination))
      leave_behind(*limiter, rows->front());
    window_.close(lane);
  } else if (rows->front().state == DeliveryState::pending) {
    // Of a sparse lane it is only known to be done when the journal says so.
    lane.more = rows->size() == limit || is_sparse_lane(rows->front());
    lane.below.reset();
    lane.in_doubt = false;
    for (const DeliveryRow& row : *rows) {
      if (gives_way(queue, row)) {
        lane.more = true;
        break;
      }
      load(lane, row);
    }
    return {};
  } else {
    if (rows->front().state == DeliveryState::retry_wait)
      queues_.due_by(queue, DuePlace::before(rows->front()));
    window_.close(lane);
  }
  queues_.list(queue);
  return {};
}

/// The lane of `row` leaves the window while its delivery queue is paused, or goes elsewhere.
Result<> LaneLoader::read_when_open(QueueState& queue, const DeliveryRow& row) {
  const auto next = next_in_lane(row);
  if (!next) return tl::unexpected(next.error());
  if (!*next) return {};
  // What waits for an operator comes back by a wakeup.
  if ((*next)->state == DeliveryState::pending) queues_.read_again(queue, before((*next)->key.position));
  if ((*next)->state == DeliveryState::retry_wait) queues_.due_by(queue, DuePlace::before(**next));
  return {};
}

/// By the journal, up to the first gap.
Result<std::optional<DeliveryRow>> LaneLoader::next_in_lane(const DeliveryRow& row) {
  auto open = journal_.open_in_lane(row, 1);
  if (!open) return tl::unexpected(std::move(open).error());
  return open->empty() ? std::nullopt : std::optional{open->front()};
}

bool LaneLoader::leaves(const Lane& lane) {
  return lane.leaves || lane.queue->policy->paused;
}

Result<> LaneLoader::place(QueueState& queue, const DeliveryRow& row, Found how) {
  if (Lane* lane = window_.find(LaneKey::of(row)); lane != nullptr) {
    if (!window_.is_idle(*lane)) return place_behind(*lane, row);
    if (row.sequence == after(lane->tail.sequence)) {
      if (!is_passed_over(queue, row)) load(*lane, row);
      return {};
    }
    window_.forget(*lane);
  }
  if (row.entity == EntityNo{}) {
    if (!is_passed_over(queue, row)) load(queue, row);
    return {};
  }
  // Before the journal is asked: there may be many.
  if (is_passed_over(queue, row)) return {};
  const auto predecessor = journal_.predecessor(row);
  if (!predecessor) return tl::unexpected(predecessor.error());
  if (predecessor->gap || predecessor->open) return {};
  // What was read before it may have been passed over for it.
  load(queue, row).more = predecessor->disordered || (how == Found::read && is_sparse_lane(row));
  return {};
}

/// A retry that is due. False where there is no room for it.
Result<bool> LaneLoader::place_retry(QueueState& queue, const DeliveryRow& row) {
  if (Lane* lane = find_in_use(row); lane != nullptr) {
    lane->more = true;
    return true;
  }
  if (is_sparse_lane(row) && row.entity != EntityNo{}) {
    const auto predecessor = journal_.predecessor(row);
    if (!predecessor) return tl::unexpected(predecessor.error());
    if (predecessor->open) return true;  // which brings it when it is done
  }
  if (is_passed_over(queue, row)) return true;
  if (!window_.has_room(queue)) return false;
  load(queue, row).more = row.entity != EntityNo{};
  return true;
}

Result<> LaneLoader::place_woken(QueueState& queue, const DeliveryRow& row) {
  if (queue.policy->paused) return read_when_open(queue, row);
  if (Lane* lane = find_in_use(row); lane != nullptr) {
    pass_over(*lane, row);
    return {};
  }
  if (row.state == DeliveryState::retry_wait) {
    queues_.due_by(queue, DuePlace::before(row));
    return {};
  }
  if (row.state != DeliveryState::pending) return {};
  if (row.entity != EntityNo{}) {
    const auto predecessor = journal_.predecessor(row);
    if (!predecessor) return tl::unexpected(predecessor.error());
    if (predecessor->gap) return {};
  }
  if (is_passed_over(queue, row)) return {};
  if (window_.has_room(queue)) {
    load(queue, row).more = row.entity != EntityNo{};
  } else {  // the scan finds it when there is room
    queues_.read_again(queue, before(row.key.position));
  }
  return {};
}

/// In a lane that is busy or drained.
Result<> LaneLoader::place_behind(Lane& lane, const DeliveryRow& row) {
  if (row.entity == EntityNo{}) return {};
  if (lane.leaves) {  // nothing more is loaded
    pass_over(lane, row);
    return {};
  }
  if (row.sequence <= lane.tail.sequence) {  // mostly it is loaded
    if (is_sparse_lane(row)) pass_over(lane, row);
    return {};
  }
  if (lane.more) return {};
  if (row.sequence != after(lane.tail.sequence)) {
    const auto predecessor = journal_.predecessor(row);
    if (!predecessor) return tl::unexpected(predecessor.error());
    if (predecessor->gap) return {};
    if (predecessor->open && *predecessor->open > lane.tail.sequence) {
      lane.more = true;
      return {};
    }
  }
  if (window_.lane_has_room(lane) && !gives_way(*lane.queue, row))
    load(lane, row);
  else
    lane.more = true;
  return {};
}

/// The lane is asked for it when it is drained.
void LaneLoader::pass_over(Lane& lane, const DeliveryRow& row) {
  lane.more = true;
  if (row.state != DeliveryState::pending) return;
  lane.below = lane.below ? std::min(*lane.below, row.key.position) : row.key.position;
}

/// The lane of `row` where it is busy or drained. What an idle one knows is not so any more.
Lane* LaneLoader::find_in_use(const DeliveryRow& row) {
  Lane* lane = window_.find(LaneKey::of(row));
  if (lane == nullptr || !window_.is_idle(*lane)) return lane;
  window_.forget(*lane);
  return nullptr;
}

/// The first of its lane in the window.
Lane& LaneLoader::load(QueueState& queue, const DeliveryRow& row) {
  Lane& lane = window_.open(queue, row);
  load(lane, row);
  return lane;
}

void LaneLoader::load(Lane& lane, const DeliveryRow& row) {
  window_.push(lane, row, waited_for(row));
  if (row.state == DeliveryState::pending) queues_.keep_in_reach(*lane.queue, before(row.key.position));
}

/// Why it is only loaded now.
WaitReason LaneLoader::waited_for(const DeliveryRow& row) const {
  if (catching_up_ != nullptr) return catching_up_->behind_for;
  const bool behind_others = row.entity != EntityNo{} && row.state == DeliveryState::pending;
  return behind_others ? WaitReason::order : WaitReason::permit;
}

/// True where too many wait at the limiter that `row` would lead to, or others were passed over there and
/// come first, or its destination crowds its delivery queue: it is read again when there is room.
bool LaneLoader::is_passed_over(QueueState& queue, const DeliveryRow& row) {
  DestinationLimiter* limiter = limiters_.find(queue, row.destination);
  if (limiter == nullptr || !(limiter->full() || limiter->gives_way(row))) {
    if (!window_.crowds(queue, row.destination)) return false;
    limiter = &limiters_.at(queue, row.destination);
  }
  leave_behind(*limiter, row);
  return true;
}

/// True where a delivery of another lane comes first: there was no room for it, and it is read before `row`
/// is. So a lane that always has something to send does not keep its place for ever.
bool LaneLoader::gives_way(QueueState& queue, const DeliveryRow& row) {
  if (queue.more && row.key.position > queue.cursor && !window_.has_room(queue)) return true;
  const DestinationLimiter* limiter = limiters_.find(queue, row.destination);
  return limiter != nullptr && limiter->gives_way(row);
}

void LaneLoader::leave_behind(DestinationLimiter& limiter, const DeliveryRow& row) {
  limiter.behind_for = limiter.holds_for();
  if (row.state == DeliveryState::retry_wait) {
    const auto place = DuePlace::before(row);
    limiter.retries_behind = std::min(limiter.retries_behind.value_or(place), place);
    return;
  }
  const Position mark = before(row.key.position);
  limiter.behind = limiter.behind ? std::min(*limiter.behind, mark) : mark;
  queues_.keep_in_reach(*limiter.queue, mark);
}

}  // namespace dispatch::flow

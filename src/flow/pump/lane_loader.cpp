#include "flow/pump/lane_loader.hpp"

#include "flow/pump/adjacent.hpp"

#include <algorithm>

namespace dispatch::flow {

using journal::DeliveryRow;
using journal::DuePlace;

void LaneLoader::load_next(Lane& lane, const std::vector<DeliveryRow>& rows, std::size_t limit) {
  QueueState& queue = *lane.queue;
  if (leaves(lane)) {
    if (!rows.empty()) read_when_open(queue, rows.front());
    window_.close(lane);
  } else if (rows.empty()) {
    if (lane.in_doubt)  // it may wait for a gap, and a wakeup brings it back
      window_.close(lane);
    else
      window_.rest(lane);
  } else if (rows.front().state == DeliveryState::pending && gives_way(queue, rows.front())) {
    if (DestinationLimiter* limiter = limiters_.find(queue, rows.front().destination))
      leave_behind(*limiter, rows.front());
    window_.close(lane);
  } else if (rows.front().state == DeliveryState::pending) {
    // Of a sparse lane it is only known to be done when the journal says so.
    lane.more = rows.size() == limit || is_sparse_lane(rows.front());
    lane.below.reset();
    lane.in_doubt = false;
    for (const DeliveryRow& row : rows) {
      if (gives_way(queue, row)) {
        lane.more = true;
        break;
      }
      load(lane, row);
    }
    return;
  } else {
    if (rows.front().state == DeliveryState::retry_wait)
      queues_.due_by(queue, DuePlace::before(rows.front()));
    window_.close(lane);
  }
  queues_.list(queue);
}

void LaneLoader::read_when_open(QueueState& queue, const DeliveryRow& row) {
  // What waits for an operator comes back by a wakeup.
  if (row.state == DeliveryState::pending) queues_.read_again(queue, before(row.key.position));
  if (row.state == DeliveryState::retry_wait) queues_.due_by(queue, DuePlace::before(row));
}

bool LaneLoader::leaves(const Lane& lane) {
  return lane.leaves || lane.queue->policy->paused;
}

LaneLoader::Loaded LaneLoader::load_pending(const Candidate& candidate, Found how) {
  QueueState& queue = *candidate.queue;
  const DeliveryRow& row = *candidate.row;
  if (Lane* lane = window_.find(LaneKey::of(row)); lane != nullptr) {
    if (!window_.is_idle(*lane)) {
      load_behind(*lane, candidate);
      return Loaded::done;
    }
    if (row.sequence == after(lane->tail.sequence)) {
      if (!is_passed_over(queue, row)) load(*lane, row);
      return Loaded::done;
    }
    const bool is_done = row.sequence <= lane->tail.sequence && !is_sparse_lane(row);
    if (how == Found::kept && is_done) return Loaded::done;
    window_.forget(*lane);
  }
  if (is_passed_over(queue, row)) return Loaded::done;
  if (row.entity == EntityNo{}) {
    load(queue, row);
    return Loaded::done;
  }
  if (candidate.follows) return Loaded::done;  // what it follows is open
  if (!candidate.before) return Loaded::not_asked;
  if (candidate.before->gap || candidate.before->open) return Loaded::done;
  // What was read before it may have been passed over for it.
  load(queue, row).more = candidate.before->disordered || (how != Found::arrived && is_sparse_lane(row));
  return Loaded::done;
}

LaneLoader::Loaded LaneLoader::load_retry(const Candidate& candidate) {
  QueueState& queue = *candidate.queue;
  const DeliveryRow& row = *candidate.row;
  if (Lane* lane = find_in_use(row); lane != nullptr) {
    lane->more = true;
    return Loaded::done;
  }
  if (is_sparse_lane(row) && row.entity != EntityNo{}) {
    if (!candidate.before) return Loaded::not_asked;
    if (candidate.before->open) return Loaded::done;  // which brings it when it is done
  }
  if (is_passed_over(queue, row)) return Loaded::done;
  if (!window_.has_room(queue)) return Loaded::no_room;
  load(queue, row).more = row.entity != EntityNo{};
  return Loaded::done;
}

void LaneLoader::load_woken(const Candidate& candidate) {
  QueueState& queue = *candidate.queue;
  const DeliveryRow& row = *candidate.row;
  if (Lane* lane = find_in_use(row); lane != nullptr) {
    pass_over(*lane, row);
    return;
  }
  if (row.state == DeliveryState::retry_wait) queues_.due_by(queue, DuePlace::before(row));
  if (row.state != DeliveryState::pending) return;
  const bool is_known = row.entity == EntityNo{} || candidate.before;
  if (candidate.before && candidate.before->gap) return;
  if (is_passed_over(queue, row)) return;
  if (is_known && window_.has_room(queue)) {
    load(queue, row).more = row.entity != EntityNo{};
  } else {  // the scan finds it when there is room
    queues_.read_again(queue, before(row.key.position));
  }
}

/// In a lane that is busy or drained.
void LaneLoader::load_behind(Lane& lane, const Candidate& candidate) {
  const DeliveryRow& row = *candidate.row;
  if (row.entity == EntityNo{}) return;
  if (lane.leaves) {  // nothing more is loaded
    pass_over(lane, row);
    return;
  }
  if (row.sequence <= lane.tail.sequence) {  // mostly it is loaded
    if (is_sparse_lane(row)) pass_over(lane, row);
    return;
  }
  if (lane.more) return;
  if (row.sequence != after(lane.tail.sequence)) {
    // What it follows was not loaded, as it stands behind a gap.
    if (candidate.follows) return;
    if (candidate.before && candidate.before->gap) return;
    if (!candidate.before || (candidate.before->open && *candidate.before->open > lane.tail.sequence)) {
      lane.more = true;
      return;
    }
  }
  if (window_.lane_has_room(lane) && !gives_way(*lane.queue, row))
    load(lane, row);
  else
    lane.more = true;
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
  if (!would_pass_over(queue, row)) return false;
  leave_behind(limiters_.at(queue, row.destination), row);
  return true;
}

bool LaneLoader::would_pass_over(QueueState& queue, const DeliveryRow& row) {
  const DestinationLimiter* limiter = limiters_.find(queue, row.destination);
  return (limiter != nullptr && (limiter->full() || limiter->gives_way(row))) ||
         window_.crowds(queue, row.destination);
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

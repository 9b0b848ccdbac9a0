#include "flow/pump/pump.hpp"

#include "flow/pump/adjacent.hpp"

#include <algorithm>

namespace dispatch::flow {

using journal::DeliveryRow;
using journal::DuePlace;

Pump::Pump(journal::Journal& journal, Graph& graph, DestinationLimiters& limiters, const WindowLimits& limits,
           const PolicySet& policies)
    : journal_(journal),
      limiters_(limiters),
      window_(graph, limiters, limits),
      queues_(journal, graph, limits, policies),
      loader_(journal, limiters, window_, queues_),
      filler_(journal, limiters, window_, queues_, loader_) {}

Result<> Pump::start(std::int64_t known_asks) {
  const auto wakeup = journal_.saved_wakeup();
  if (!wakeup) return tl::unexpected(wakeup.error());
  saved_wakeup_ = *wakeup;
  filler_.start(known_asks, *wakeup);
  return queues_.load();
}

Result<> Pump::arrived(std::vector<DeliveryRow> made) {
  for (const DeliveryRow& row : made) {
    auto queue = queues_.reach(row.key.queue);
    if (!queue) return tl::unexpected(std::move(queue).error());
    if (auto& several = (*queue)->several; several == false) several.reset();
  }
  filler_.arrived(std::move(made));
  return {};
}

Result<> Pump::changed_elsewhere(const journal::Changes& changes) {
  if (changes.everything || changes.wakeups) filler_.woken();
  if (changes.everything) {
    queues_.each([&](QueueState& queue) { queues_.read_again(queue); });
    DISPATCH_TRY(queues_.load());
  }
  for (const QueueNo no : changes.queues) {
    const auto queue = queues_.reach(no);
    if (!queue) return tl::unexpected(queue.error());
    if ((*queue)->several == false) (*queue)->several.reset();
    queues_.read_again(**queue);
  }
  return {};
}

Result<> Pump::given_up_elsewhere() {
  for (Item* item : limiters_.take_waiting()) {
    const auto head = journal_.head(item->row.key);
    if (!head) return tl::unexpected(head.error());
    if (*head && (*head)->key == item->row.key)
      limiters_.hold(*item);
    else
      lost(*item);
  }
  std::vector<QueueState*> waiting;
  queues_.each([&](QueueState& queue) {
    if (queue.due) waiting.push_back(&queue);
  });
  for (QueueState* queue : waiting) DISPATCH_TRY(queues_.reread_due(*queue));
  return {};
}

Result<> Pump::clock_set(std::chrono::microseconds by) {
  window_.move_due(by);
  return queues_.clock_set();
}

Result<> Pump::terms_changed(WallTime now) {
  std::vector<std::pair<QueueState*, DeliveryQueues::Turned>> turned;
  queues_.each([&](QueueState& queue) {
    const auto turn = queues_.change_policy(queue);
    if (turn.paused || turn.resumed || turn.moved) turned.emplace_back(&queue, turn);
    limiters_.change_policy(queue);
  });
  window_.lead_to_limiters();
  for (const auto& [queue, turn] : turned) {
    if (turn.paused || turn.moved) DISPATCH_TRY(pause(*queue));
    if (turn.moved) {
      for (Item* item : window_.send_off(*queue)) {
        limiters_.take_permit(*item, now);
        DISPATCH_TRY(put_back(*item));
      }
      DISPATCH_TRY(queues_.move(*queue));
    }
    if (turn.resumed) limiters_.resume(*queue, now);
    if ((turn.resumed || turn.moved) && !queue->policy->paused) DISPATCH_TRY(queues_.resume(*queue));
  }
  return {};
}

/// What is under way, or waits for its host, leaves the window when it comes out.
Result<> Pump::pause(QueueState& queue) {
  queues_.pause(queue);
  Position above = queue.cursor;
  for (Item* item : limiters_.pause(queue, above)) DISPATCH_TRY(put_back(*item));
  queues_.read_again(queue, above);
  window_.forget_idle(queue);
  std::vector<Lane*> drained;
  std::erase_if(window_.drained(), [&](Lane* lane) {
    if (lane->queue != &queue) return false;
    drained.push_back(lane);
    return true;
  });
  for (Lane* lane : drained) {
    DISPATCH_TRY(loader_.read_when_open(queue, lane->tail));
    window_.close(*lane);
  }
  return {};
}

// --- What became of an item

Result<> Pump::completed(Item& item) {
  QueueState& queue = *item.lane->queue;
  if (LaneLoader::leaves(*item.lane)) {
    DISPATCH_TRY(loader_.read_when_open(queue, item.row));
    window_.evict(item);
  } else {
    window_.complete(item);
  }
  queues_.list(queue);
  return {};
}

Result<> Pump::put_back(Item& item) {
  QueueState& queue = *item.lane->queue;
  if (item.row.state == DeliveryState::pending) queues_.read_again(queue, before(item.row.key.position));
  if (item.row.state == DeliveryState::retry_wait) queues_.due_by(queue, DuePlace::before(item.row));
  // An operator may have given it up: another is first then, which stands anywhere where the stream is
  // disordered.
  if (item.row.entity != EntityNo{}) DISPATCH_TRY(loader_.read_when_open(queue, item.row));
  leave(item);
  return {};
}

void Pump::retry_later(Item& item, WallTime due) {
  queues_.due_by(*item.lane->queue, DuePlace::before(due));
  leave(item);
}

void Pump::buried(Item& item) {
  leave(item);
}

void Pump::lost(Item& item) {
  QueueState& queue = *item.lane->queue;
  item.lane->in_doubt = true;
  window_.drain(item);
  queues_.list(queue);
}

Result<> Pump::turned_away(Item& item) {
  if (LaneLoader::leaves(*item.lane)) return put_back(item);
  DestinationLimiter& limiter = *item.lane->limiter;
  loader_.leave_behind(limiter, item.row);
  if (item.lane->more) {  // as above
    const auto next = loader_.next_in_lane(item.row);
    if (!next) return tl::unexpected(next.error());
    if (*next && (*next)->state == DeliveryState::pending) loader_.leave_behind(limiter, **next);
  }
  leave(item);
  return {};
}

/// Its lane leaves the window with it; but what was passed over below it comes before it.
void Pump::leave(Item& item) {
  QueueState& queue = *item.lane->queue;
  const auto below = item.lane->below;
  if (below && LaneLoader::leaves(*item.lane)) queues_.read_again(queue, before(*below));
  if (below && !LaneLoader::leaves(*item.lane))
    window_.drain(item);
  else
    window_.evict(item);
  queues_.list(queue);
}

// --- What is to be read

std::optional<WallTime> Pump::next_due() const {
  for (const auto& [due, no] : queues_.due())
    if (window_.has_room(queues_.at(no))) return due;
  return std::nullopt;
}

bool Pump::idle() const {
  return window_.items() == 0 && queues_.listed().empty() && queues_.due().empty() &&
         window_.drained().empty() && !filler_.wakes_wait() &&
         !limiters_.any(
             [](const DestinationLimiter& limiter) { return limiter.behind || limiter.retries_behind; });
}

// --- Where a restart reads from

/// What is first in a lane brings the others.
Result<> Pump::keep_drained_in_reach() {
  for (const Lane* lane : window_.drained()) {
    const auto next = loader_.next_in_lane(lane->tail);
    if (!next) return tl::unexpected(next.error());
    if (*next) queues_.keep_in_reach(*lane->queue, before((*next)->key.position));
  }
  return {};
}

Result<> Pump::save_progress(journal::Transaction& transaction, bool whole) {
  if (whole) {
    queues_.each([](QueueState& queue) { queue.row.low_watermark = queue.cursor; });
    window_.each_item(
        [&](const Item& item) { queues_.keep_in_reach(*item.lane->queue, before(item.row.key.position)); });
    window_.each_busy([&](const Lane& lane) {
      if (lane.below) queues_.keep_in_reach(*lane.queue, before(*lane.below));
    });
    limiters_.each([&](const DestinationLimiter& limiter) {
      if (limiter.behind) queues_.keep_in_reach(*limiter.queue, *limiter.behind);
    });
    saved_wakeup_ = filler_.last_wakeup();
  }
  DISPATCH_TRY(keep_drained_in_reach());
  const auto sunken = queues_.take_sunken();
  std::vector<journal::DeliveryQueue> marks;
  const auto mark = [&](QueueState& queue) {
    if (queue.row.low_watermark == queue.stored_low_watermark) return;
    queue.stored_low_watermark = queue.row.low_watermark;
    marks.push_back(queue.row);
  };
  if (whole) {
    queues_.each(mark);
  } else {
    for (QueueState* const queue : sunken) mark(*queue);
  }
  if (marks.empty() && !whole) return {};
  DISPATCH_TRY(transaction.save_progress(marks, saved_wakeup_));
  if (whole && filler_.has_loaded_arrived()) forget_done();
  return {};
}

void Pump::forget_done() {
  std::set<const QueueState*> with_limiters;
  limiters_.each([&](const DestinationLimiter& limiter) { with_limiters.insert(limiter.queue); });
  queues_.forget_done(window_.limits().queues_kept, with_limiters);
}

}  // namespace dispatch::flow

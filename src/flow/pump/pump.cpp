#include "flow/pump/pump.hpp"

#include "flow/pump/adjacent.hpp"

#include <algorithm>

namespace dispatch::flow {

using journal::DeliveryRow;
using journal::DuePlace;

Pump::Pump(journal::Journal& journal, Scheduler& scheduler, DestinationLimiters& limiters,
           const WindowLimits& limits, const PolicySet& policies, const TurnTime& time)
    : journal_(journal),
      limiters_(limiters),
      window_(scheduler, limiters, limits, time),
      queues_(journal, scheduler, policies, limits.lanes),
      loader_(limiters, window_, queues_),
      left_lanes_(journal, loader_),
      filler_(journal, limiters, window_, queues_, loader_, left_lanes_) {}

Result<> Pump::start(std::int64_t known_asks) {
  DISPATCH_ASSIGN(const auto wakeup, journal_.saved_wakeup());
  saved_wakeup_ = wakeup;
  filler_.wakeups().start(known_asks, wakeup);
  return queues_.load();
}

Result<> Pump::arrived(std::vector<DeliveryRow> made) {
  std::set<QueueNo> numbers;
  for (const DeliveryRow& row : made) numbers.insert(row.key.queue);
  DISPATCH_TRY(queues_.know(numbers));
  for (const QueueNo no : numbers)
    if (auto& several = queues_.at(no).several; several == false) several.reset();
  filler_.arrived(std::move(made));
  return {};
}

Result<> Pump::changed_elsewhere(const journal::Changes& changes) {
  queues_.kept().forget_all();
  if (changes.everything || changes.wakeups) filler_.wakeups().woken();
  if (changes.everything) {
    queues_.each([&](QueueState& queue) { queues_.read_again(queue); });
    DISPATCH_TRY(queues_.load());
  }
  DISPATCH_TRY(queues_.know({changes.queues.begin(), changes.queues.end()}));
  for (const QueueNo no : changes.queues) {
    QueueState& queue = queues_.at(no);
    if (queue.several == false) queue.several.reset();
    queues_.read_again(queue);
  }
  return {};
}

Result<> Pump::given_up_elsewhere() {
  const auto waiting = limiters_.take_waiting();
  std::vector<journal::DeliveryKey> keys;
  for (const Item* item : waiting) keys.push_back(item->row.key);
  const auto heads = keys.empty() ? std::vector<std::optional<DeliveryRow>>{} : journal_.heads(keys);
  if (!heads) return tl::unexpected(heads.error());
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const auto& head = (*heads)[i];
    if (head && head->key == keys[i])
      limiters_.hold(*waiting[i]);
    else
      lost(*waiting[i]);
  }
  std::vector<QueueState*> with_retries;
  queues_.each([&](QueueState& queue) {
    if (queue.due) with_retries.push_back(&queue);
  });
  return queues_.reread_due(with_retries);
}

Result<> Pump::clock_set(std::chrono::microseconds by) {
  window_.move_due(by);
  return queues_.clock_set();
}

Result<> Pump::policy_changed(WallTime now) {
  std::vector<QueueState*> paused, moved, resumed, open;
  queues_.each([&](QueueState& queue) {
    const auto turned = queues_.change_policy(queue);
    limiters_.change_policy(queue);
    if (turned.paused || turned.moved) paused.push_back(&queue);
    if (turned.moved) moved.push_back(&queue);
    if (turned.resumed) resumed.push_back(&queue);
    if ((turned.resumed || turned.moved) && !queue.policy->paused) open.push_back(&queue);
  });
  window_.lead_to_limiters();
  for (QueueState* queue : paused) pause(*queue);
  for (QueueState* queue : moved) {
    for (Item* item : window_.send_off(*queue)) {
      limiters_.take_permit(*item, now);
      put_back(*item);
    }
  }
  DISPATCH_TRY(queues_.move(moved));
  for (QueueState* queue : resumed) limiters_.resume(*queue, now);
  return queues_.resume(open);
}

/// What is under way, or waits for its host, leaves the window when it comes out.
void Pump::pause(QueueState& queue) {
  queues_.pause(queue);
  Position above = queue.cursor;
  for (Item* item : limiters_.pause(queue, above)) put_back(*item);
  queues_.read_again(queue, above);
  window_.forget_idle(queue);
  std::vector<Lane*> drained;
  std::erase_if(window_.drained(), [&](Lane* lane) {
    if (lane->queue != &queue) return false;
    drained.push_back(lane);
    return true;
  });
  for (Lane* lane : drained) {
    left_lanes_.read_when_open(queue, lane->tail);
    window_.close(*lane);
  }
}

// --- What became of an item

void Pump::completed(Item& item) {
  QueueState& queue = *item.lane->queue;
  if (LaneLoader::leaves(*item.lane)) {
    left_lanes_.read_when_open(queue, item.row);
    window_.evict(item);
  } else {
    window_.complete(item);
  }
  queues_.list(queue);
}

void Pump::put_back(Item& item) {
  QueueState& queue = *item.lane->queue;
  if (item.row.state == DeliveryState::pending) queues_.read_again(queue, before(item.row.key.position));
  if (item.row.state == DeliveryState::retry_wait) queues_.due_by(queue, DuePlace::before(item.row));
  // An operator may have given it up: another is first then, which stands anywhere where the stream is
  // disordered.
  if (item.row.entity != EntityNo{}) left_lanes_.read_when_open(queue, item.row);
  leave(item);
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

void Pump::turned_away(Item& item, TurnedAwayFor why) {
  if (why == TurnedAwayFor::leaving) return put_back(item);
  DestinationLimiter& limiter = *item.lane->limiter;
  loader_.leave_behind(limiter, item.row);
  if (item.lane->more) left_lanes_.read_behind(limiter, item.row);  // as above
  leave(item);
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
         window_.drained().empty() && !filler_.wakeups().is_wanted() &&
         !limiters_.any(
             [](const DestinationLimiter& limiter) { return limiter.behind || limiter.retries_behind; });
}

// --- Where a restart reads from

Result<> Pump::fill(WallTime now) {
  DISPATCH_TRY(left_lanes_.ask());
  return filler_.fill(now);
}

/// What is first in a lane brings the others.
Result<> Pump::keep_drained_in_reach() {
  const auto& lanes = window_.drained();
  if (lanes.empty()) return {};
  std::vector<DeliveryRow> tails;
  for (const Lane* lane : lanes) tails.push_back(lane->tail);
  DISPATCH_ASSIGN(const auto next, journal_.open_in_lanes(tails, 1));
  for (std::size_t i = 0; i < lanes.size(); ++i)
    for (const DeliveryRow& row : next[i]) queues_.keep_in_reach(*lanes[i]->queue, before(row.key.position));
  return {};
}

Result<> Pump::save_progress(journal::Transaction& transaction, bool whole) {
  DISPATCH_TRY(left_lanes_.ask());
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
    saved_wakeup_ = filler_.wakeups().last();
  }
  DISPATCH_TRY(keep_drained_in_reach());
  const auto sunken = queues_.take_sunken();
  std::vector<journal::DeliveryQueue> marks;
  const auto mark = [&](QueueState& queue) {
    const std::int64_t last_wakeup = whole ? queue.row.last_wakeup : queue.stored_last_wakeup;
    if (queue.row.low_watermark == queue.stored_low_watermark && last_wakeup == queue.stored_last_wakeup)
      return;
    queue.stored_low_watermark = queue.row.low_watermark;
    queue.stored_last_wakeup = last_wakeup;
    marks.push_back(queue.row);
    marks.back().last_wakeup = last_wakeup;
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

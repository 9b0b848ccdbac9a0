#include "flow/pump/window_filler.hpp"

#include "flow/pump/adjacent.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::flow {

using journal::DeliveryRow;
using journal::DuePlace;

Result<> WindowFiller::fill(WallTime now) {
  std::size_t budget = window_.limits().rows_per_turn;
  DISPATCH_TRY(load_drained());
  DISPATCH_TRY(catch_up(std::max<std::size_t>(1, budget / 2)));
  DISPATCH_TRY(load_due(now));
  DISPATCH_TRY(follow_wakes());
  DISPATCH_TRY(load_drained());
  DISPATCH_TRY(load_arrived());
  // Those that get nothing now come first the next time.
  std::vector<QueueState*> served;
  for (QueueState* queue : queues_.take_listed()) {
    const auto before = queue->cursor;
    DISPATCH_TRY(scan(*queue, budget));
    if (queue->cursor == before)
      queues_.list(*queue);
    else
      served.push_back(queue);
  }
  for (QueueState* queue : served) queues_.list(*queue);
  return {};
}

void WindowFiller::start(std::int64_t known_asks, std::int64_t last_wakeup) {
  known_asks_ = known_asks;
  last_wakeup_ = last_wakeup;
}

void WindowFiller::arrived(std::vector<DeliveryRow> made) {
  wakeups_wait_ = true;  // an arrival may have closed a gap, also one that nothing delivers
  std::move(made.begin(), made.end(), std::back_inserter(arrived_));
}

/// What has just been made need not be read again, where all before it has been looked at.
Result<> WindowFiller::load_arrived() {
  for (const DeliveryRow& row : arrived_) {
    QueueState& queue = queues_.at(row.key.queue);
    if (queue.more) continue;
    if (window_.has_room(queue)) {
      queue.cursor = row.key.position;
      DISPATCH_TRY(loader_.place(queue, row, LaneLoader::Found::arrived));
    } else {
      queues_.read_again(queue);
    }
  }
  arrived_.clear();
  return {};
}

Result<> WindowFiller::load_drained() {
  const auto lanes = std::exchange(window_.drained(), {});
  for (Lane* lane : lanes) DISPATCH_TRY(loader_.load_next(*lane));
  return {};
}

Result<> WindowFiller::load_due(WallTime now) {
  std::vector<QueueState*> ready;
  for (const auto& [due, no] : queues_.due()) {
    if (due > now) break;
    if (QueueState& queue = queues_.at(no); window_.has_room(queue)) ready.push_back(&queue);
  }
  std::size_t budget = window_.limits().rows_per_turn;
  for (QueueState* queue : ready) DISPATCH_TRY(load_due(*queue, now, budget));
  return {};
}

Result<> WindowFiller::load_due(QueueState& queue, WallTime now, std::size_t& budget) {
  while (budget > 0) {
    const std::size_t limit = std::min<std::size_t>(budget, 256);
    const auto rows = journal_.due(queue.row.no, queue.due_seen, DuePlace::after(now), limit);
    if (!rows) return tl::unexpected(rows.error());
    budget -= std::min(budget, std::max<std::size_t>(rows->size(), 1));
    for (const DeliveryRow& row : *rows) {
      const auto placed = loader_.place_retry(queue, row);
      if (!placed) return tl::unexpected(placed.error());
      if (!*placed) {
        queues_.look_from(queue, DuePlace::before(row));
        return {};
      }
    }
    if (rows->size() < limit) {
      const auto next = journal_.next_due(queue.row.no, DuePlace::after(now));
      if (!next) return tl::unexpected(next.error());
      queues_.looked_until(queue, DuePlace::after(now), *next);
      return {};
    }
    queues_.looked_until(queue, DuePlace::of(rows->back()), now);
  }
  return {};
}

Result<> WindowFiller::follow_wakes() {
  if (!wakeups_wait_) return {};
  const std::size_t wakeups_per_turn = window_.limits().wakeups_per_turn;
  const auto wakeups = journal_.wakeups(last_wakeup_, wakeups_per_turn);
  if (!wakeups) return tl::unexpected(wakeups.error());
  for (const journal::LaneWakeup& said : *wakeups) {
    if (said.from_here) {
      DISPATCH_TRY(wake_from(said.key));
    } else {
      DISPATCH_TRY(wake(said));
    }
    last_wakeup_ = said.action;
  }
  wakeups_wait_ = wakeups->size() == wakeups_per_turn;
  return {};
}

Result<> WindowFiller::wake(const journal::LaneWakeup& said) {
  const auto& key = said.key;
  const auto reached = queues_.reach(key.queue);
  if (!reached) return tl::unexpected(reached.error());
  DISPATCH_TRY(queues_.reread_due(**reached));
  if (said.ask != DestinationNo{} && said.action > known_asks_) asked_for_.push_back({said.ask, said.action});
  const auto head = journal_.head(key);
  if (!head) return tl::unexpected(head.error());
  if (!*head) return {};
  return loader_.place_woken(**reached, **head);
}

/// Anything of the delivery queue from there on may be new, also before what its lanes have come to.
Result<> WindowFiller::wake_from(const journal::DeliveryKey& key) {
  const auto reached = queues_.reach(key.queue);
  if (!reached) return tl::unexpected(reached.error());
  if ((*reached)->several == false) (*reached)->several.reset();
  queues_.read_again(**reached, before(key.position));
  return {};
}

bool WindowFiller::hungry() const {
  const auto room = [&](const QueueState* queue) { return window_.has_room(*queue); };
  const auto& listed = queues_.listed();
  return wakeups_wait_ || !window_.drained().empty() || std::any_of(listed.begin(), listed.end(), room) ||
         limiters_.any([&](const DestinationLimiter& limiter) { return may_catch_up(limiter); });
}

/// There is room for what was passed over.
bool WindowFiller::may_catch_up(const DestinationLimiter& limiter) const {
  return limiter.catches_up() && window_.has_room(*limiter.queue) &&
         window_.crowds_no_more(*limiter.queue, limiter.destination);
}

Result<> WindowFiller::catch_up(std::size_t budget) {
  if (limiters_.empty()) return {};
  std::vector<DestinationLimiter*> ready;
  limiters_.each([&](DestinationLimiter& limiter) {
    if (may_catch_up(limiter)) ready.push_back(&limiter);
  });
  for (DestinationLimiter* limiter : ready) {
    loader_.catch_up(limiter);
    auto caught_up = catch_up_retries(*limiter, budget);
    if (caught_up) caught_up = catch_up(*limiter, budget);
    loader_.catch_up(nullptr);
    if (!caught_up) return caught_up;
  }
  return {};
}

Result<> WindowFiller::catch_up_retries(DestinationLimiter& limiter, std::size_t& budget) {
  QueueState& queue = *limiter.queue;
  while (limiter.retries_behind && budget > 0) {
    const DuePlace from = *limiter.retries_behind;
    const std::size_t limit = std::min<std::size_t>(budget, 256);
    const auto rows = journal_.due(queue.row.no, from, queue.due_seen, limit);
    if (!rows) return tl::unexpected(rows.error());
    budget -= std::min(budget, std::max<std::size_t>(rows->size(), 1));
    limiter.retries_behind.reset();
    for (const DeliveryRow& row : *rows) {
      if (row.destination != limiter.destination) continue;
      const auto placed = loader_.place_retry(queue, row);
      if (!placed) return tl::unexpected(placed.error());
      if (!*placed) loader_.leave_behind(limiter, row);
      if (limiter.retries_behind) return {};
    }
    if (rows->size() >= limit) limiter.retries_behind = DuePlace::of(rows->back());
  }
  return {};
}

Result<> WindowFiller::catch_up(DestinationLimiter& limiter, std::size_t& budget) {
  QueueState& queue = *limiter.queue;
  while (limiter.behind && budget > 0) {
    const Position from = *limiter.behind;
    const std::size_t limit = std::min<std::size_t>(budget, 256);
    const auto rows = journal_.scan(queue.row.no, from, limit);
    if (!rows) return tl::unexpected(rows.error());
    budget -= std::min(budget, std::max<std::size_t>(rows->size(), 1));
    limiter.behind.reset();
    for (const DeliveryRow& row : *rows) {
      if (row.key.position > queue.cursor) return {};  // from there on the delivery queue is still to be read
      if (row.destination != limiter.destination || row.state != DeliveryState::pending) continue;
      if (!window_.has_room(queue)) {
        loader_.leave_behind(limiter, row);
        return {};
      }
      DISPATCH_TRY(loader_.place(queue, row, LaneLoader::Found::read));
      if (limiter.behind) return {};
    }
    if (rows->size() >= limit) limiter.behind = rows->back().key.position;
  }
  return {};
}

Result<> WindowFiller::scan(QueueState& queue, std::size_t& budget) {
  DISPATCH_TRY(queues_.look_for_slow(queue, window_.has_slow(queue)));
  std::size_t some = 16;  // more when all of them were passed over
  while (queue.more && budget > 0 && (window_.has_room(queue) || queue.crowded)) {
    const std::size_t most = window_.limits().lanes_per_queue;
    const std::size_t room = queue.lanes < most ? 2 * (most - queue.lanes) : 0;
    const std::size_t limit = std::min(budget, std::clamp<std::size_t>(std::max(some, room), 16, 256));
    const auto rows = journal_.scan(queue.row.no, queue.cursor, limit);
    if (!rows) return tl::unexpected(rows.error());
    for (const DeliveryRow& row : *rows) {
      const bool crowds = queue.crowded && window_.crowds(queue, row.destination);
      if (!crowds && !window_.has_room(queue)) {
        queue.cursor = before(row.key.position);
        return {};
      }
      queue.cursor = row.key.position;
      if (row.state == DeliveryState::pending)
        DISPATCH_TRY(loader_.place(queue, row, LaneLoader::Found::read));
    }
    budget -= std::min(budget, rows->size());
    if (rows->size() < limit) queue.more = false;
    some *= 4;
  }
  return {};
}

}  // namespace dispatch::flow

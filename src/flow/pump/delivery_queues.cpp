#include "flow/pump/delivery_queues.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dispatch::flow {

namespace {

/// True where nothing is loaded, to be read or to come, and a restart reads from where it was read.
bool is_done(const QueueState& queue) {
  return queue.lanes == 0 && queue.idle_lanes == 0 && queue.under_way == 0 && !queue.more && !queue.listed &&
         !queue.due && !queue.asked && !queue.policy->paused && queue.stored_low_watermark == queue.cursor &&
         queue.row.low_watermark == queue.cursor && queue.stored_last_wakeup == queue.row.last_wakeup;
}

}  // namespace

Result<> DeliveryQueues::load() {
  DISPATCH_ASSIGN(auto rows, journal_.queues(newest_));
  return take_in(std::move(rows));
}

Result<> DeliveryQueues::know(const std::set<QueueNo>& numbers) {
  const auto is_known = [&](QueueNo no) { return queues_.contains(no); };
  if (std::all_of(numbers.begin(), numbers.end(), is_known)) return {};
  DISPATCH_TRY(load());
  std::vector<QueueNo> forgotten;
  std::remove_copy_if(numbers.begin(), numbers.end(), std::back_inserter(forgotten), is_known);
  if (forgotten.empty()) return {};
  DISPATCH_ASSIGN(auto rows, journal_.queues_by_number(forgotten));
  return take_in(std::move(rows));
}

Result<> DeliveryQueues::take_in(std::vector<journal::DeliveryQueue> rows) {
  std::vector<QueueState*> open;
  for (auto& row : rows) {
    newest_ = std::max(newest_, row.no);
    auto& queue = *queues_.emplace(row.no, std::make_unique<QueueState>()).first->second;
    queue.cursor = queue.stored_low_watermark = row.low_watermark;
    queue.stored_last_wakeup = row.last_wakeup;
    queue.row = std::move(row);
    queue.host = &host_named(queue.row.host);
    queue.policy = policies_.of(queue.row.subscription);
    count_rate(queue);
    if (!queue.policy->paused) open.push_back(&queue);
  }
  return resume(open);
}

void DeliveryQueues::forget_done(std::size_t kept, const std::set<const QueueState*>& held) {
  for (auto next = queues_.begin(); next != queues_.end() && queues_.size() > kept;) {
    QueueState& queue = *next->second;
    if (!is_done(queue) || held.contains(&queue)) {
      ++next;
      continue;
    }
    leave_host(queue);
    next = queues_.erase(next);
  }
}

HostState& DeliveryQueues::host_named(const std::string& name) {
  const auto [host, is_new] = hosts_.try_emplace(name);
  if (is_new) host->second.number = hosts_ever_++;
  ++host->second.queues;
  return host->second;
}

/// The last delivery queue of a host takes it along.
void DeliveryQueues::leave_host(QueueState& queue) {
  count_rate_at(queue, nullptr);
  if (--queue.host->queues == 0 && queue.host->lanes == 0) hosts_.erase(queue.row.host);
}

/// Whether its host has a rate to keep, by its policy.
void DeliveryQueues::count_rate(QueueState& queue) {
  count_rate_at(queue, queue.policy->rate && !queue.policy->removed ? queue.host : nullptr);
}

void DeliveryQueues::count_rate_at(QueueState& queue, HostState* counts) {
  HostState* const counted = std::exchange(queue.rated, counts);
  if (counts == counted) return;
  for (HostState* const host : {counted, counts}) {
    if (host == nullptr) continue;
    host == counts ? ++host->rated : --host->rated;
    if (host->gate != nullptr) scheduler_.allow_ahead(*host->gate, host->may_be_ahead());
  }
}

DeliveryQueues::Turned DeliveryQueues::change_policy(QueueState& queue) {
  const auto before = std::exchange(queue.policy, policies_.of(queue.row.subscription));
  count_rate(queue);
  return {.paused = queue.policy->paused && !before->paused,
          .resumed = !queue.policy->paused && before->paused,
          .moved = queue.policy->url != before->url && !queue.policy->removed};
}

Result<> DeliveryQueues::move(const std::vector<QueueState*>& queues) {
  if (queues.empty()) return {};
  std::vector<QueueNo> numbers;
  for (const QueueState* queue : queues) numbers.push_back(queue->row.no);
  DISPATCH_ASSIGN(auto rows, journal_.queues_by_number(numbers));
  for (std::size_t i = 0; i < queues.size(); ++i) {
    QueueState& queue = *queues[i];
    queue.row.destination = rows[i].destination;
    --queue.host->queues;
    queue.row.host = std::move(rows[i].host);
    queue.host = &host_named(queue.row.host);
    count_rate(queue);
  }
  return {};
}

void DeliveryQueues::pause(QueueState& queue) {
  set_due(queue, std::nullopt);
  if (std::exchange(queue.listed, false)) std::erase(listed_, &queue);
  kept_.forget(queue.row.no);
  queue.more = true;
}

Result<> DeliveryQueues::resume(const std::vector<QueueState*>& queues) {
  for (QueueState* queue : queues) {
    kept_.forget(queue->row.no);
    queue->more = true;
    list(*queue);
    queue->due_seen = {};
  }
  return reread_due(queues);
}

void DeliveryQueues::list(QueueState& queue) {
  if (queue.listed || !queue.more || queue.policy->paused) return;
  queue.listed = true;
  listed_.push_back(&queue);
}

void DeliveryQueues::read_again(QueueState& queue, std::optional<Position> position) {
  if (position && *position < queue.cursor) {
    queue.cursor = *position;
    keep_in_reach(queue, *position);
  }
  kept_.forget(queue.row.no);
  queue.more = true;
  list(queue);
}

void DeliveryQueues::read_later(QueueState& queue, const journal::DeliveryRow& row) {
  kept_.begin(queue.row.no, row);
  queue.more = true;
  list(queue);
}

std::vector<QueueState*> DeliveryQueues::take_listed() {
  for (QueueState* queue : listed_) queue->listed = false;
  return std::exchange(listed_, {});
}

void DeliveryQueues::set_due(QueueState& queue, std::optional<WallTime> due) {
  if (queue.due) due_.erase({*queue.due, queue.row.no});
  queue.due = queue.policy->paused ? std::nullopt : due;
  if (queue.due) due_.emplace(*queue.due, queue.row.no);
}

void DeliveryQueues::due_by(QueueState& queue, const journal::DuePlace& place) {
  queue.due_seen = std::min(queue.due_seen, place);
  if (!queue.due || place.at < *queue.due) set_due(queue, place.at);
}

void DeliveryQueues::look_from(QueueState& queue, const journal::DuePlace& place) {
  queue.due_seen = place;
  set_due(queue, place.at);
}

void DeliveryQueues::looked_until(QueueState& queue, const journal::DuePlace& until,
                                  std::optional<WallTime> next) {
  queue.due_seen = until;
  set_due(queue, next);
}

Result<> DeliveryQueues::find_crowded(const std::vector<QueueState*>& queues) {
  std::vector<QueueState*> unknown;
  std::vector<QueueNo> numbers;
  for (QueueState* queue : queues) {
    if (queue->several) continue;
    unknown.push_back(queue);
    numbers.push_back(queue->row.no);
  }
  if (!unknown.empty()) {
    DISPATCH_ASSIGN(const auto several, journal_.several_destinations(numbers));
    for (std::size_t i = 0; i < unknown.size(); ++i) unknown[i]->several = several[i];
  }
  for (QueueState* queue : queues) queue->crowded = *queue->several;
  return {};
}

Result<> DeliveryQueues::reread_due(const std::vector<QueueState*>& queues) {
  if (queues.empty()) return {};
  std::vector<journal::PlaceInQueue> places;
  places.reserve(queues.size());
  for (const QueueState* queue : queues) places.push_back({queue->row.no, queue->due_seen});
  DISPATCH_ASSIGN(const auto due, journal_.next_due_in_queues(places));
  for (std::size_t i = 0; i < queues.size(); ++i) set_due(*queues[i], due[i]);
  return {};
}

Result<> DeliveryQueues::clock_set() {
  std::vector<QueueState*> all;
  for (auto& [no, queue] : queues_) {
    queue->due_seen = {};
    all.push_back(queue.get());
  }
  return reread_due(all);
}

void DeliveryQueues::keep_in_reach(QueueState& queue, Position mark) {
  if (mark >= queue.row.low_watermark) return;
  queue.row.low_watermark = mark;
  sunken_.push_back(&queue);
}

}  // namespace dispatch::flow

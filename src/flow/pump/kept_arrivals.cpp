#include "flow/pump/kept_arrivals.hpp"

#include <algorithm>

namespace dispatch::flow {

void KeptArrivals::begin(QueueNo queue, const journal::DeliveryRow& row) {
  forget(queue);
  if (count_ >= most_) return;
  queues_[queue].rows.push_back(row);
  ++count_;
}

void KeptArrivals::add(QueueNo queue, const journal::DeliveryRow& row) {
  const auto found = queues_.find(queue);
  if (found == queues_.end() || !found->second.whole) return;
  found->second.whole = count_ < most_;
  if (!found->second.whole) return;
  found->second.rows.push_back(row);
  ++count_;
}

KeptArrivals::Next KeptArrivals::next(QueueNo queue, std::size_t limit) const {
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return {};
  const auto& [rows, whole] = found->second;
  const std::size_t count = std::min(limit, rows.size());
  return {.rows = {rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(count)},
          .at_end = whole && count == rows.size()};
}

void KeptArrivals::read_up_to(QueueNo queue, Position cursor) {
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return;
  auto& rows = found->second.rows;
  while (!rows.empty() && rows.front().key.position <= cursor) {
    rows.pop_front();
    --count_;
  }
  if (rows.empty()) queues_.erase(found);
}

void KeptArrivals::forget(QueueNo queue) {
  const auto found = queues_.find(queue);
  if (found == queues_.end()) return;
  count_ -= found->second.rows.size();
  queues_.erase(found);
}

void KeptArrivals::forget_all() {
  queues_.clear();
  count_ = 0;
}

}  // namespace dispatch::flow

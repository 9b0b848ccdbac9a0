#include "delivery/preparation_queue.hpp"

#include <iterator>
#include <utility>

namespace dispatch::delivery {

void PreparationQueue::add(Outgoing outgoing) {
  const SubscriptionNo subscription = outgoing.subscription->no;
  Line& line = lines_[subscription];
  line.waiting.push_back(std::move(outgoing));
  ++size_;
  list(subscription, line);
}

std::optional<Outgoing> PreparationQueue::next() {
  if (turns_.empty()) return std::nullopt;
  const SubscriptionNo subscription = turns_.front();
  turns_.pop_front();
  Line& line = lines_.at(subscription);
  line.listed = false;
  Outgoing outgoing = std::move(line.waiting.front());
  line.waiting.pop_front();
  --size_;
  ++line.under_way;
  list(subscription, line);
  return outgoing;
}

void PreparationQueue::leave(SubscriptionNo subscription) {
  const auto line = lines_.find(subscription);
  --line->second.under_way;
  if (line->second.waiting.empty() && line->second.under_way == 0)
    lines_.erase(line);
  else
    list(subscription, line->second);
}

std::vector<Outgoing> PreparationQueue::give_back() {
  std::vector<Outgoing> all;
  for (auto& [subscription, line] : lines_) {
    std::move(line.waiting.begin(), line.waiting.end(), std::back_inserter(all));
    line.waiting.clear();
    line.listed = false;
  }
  turns_.clear();
  size_ = 0;
  std::erase_if(lines_, [](const auto& entry) { return entry.second.under_way == 0; });
  return all;
}

void PreparationQueue::list(SubscriptionNo subscription, Line& line) {
  if (line.listed || line.waiting.empty() || line.under_way >= per_subscription_) return;
  line.listed = true;
  turns_.push_back(subscription);
}

}  // namespace dispatch::delivery

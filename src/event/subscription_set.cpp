#include "event/subscription_set.hpp"

#include <algorithm>
#include <utility>

namespace dispatch {

SubscriptionSet::SubscriptionSet(std::vector<Subscription> all, std::int64_t version) : version_(version) {
  all_.reserve(all.size());
  for (Subscription& one : all) all_.push_back(std::make_shared<const Subscription>(std::move(one)));
}

std::shared_ptr<const Subscription> SubscriptionSet::find(SubscriptionNo no) const {
  const auto found = std::lower_bound(
      all_.begin(), all_.end(), no, [](const auto& one, SubscriptionNo wanted) { return one->no < wanted; });
  return found == all_.end() || (*found)->no != no ? nullptr : *found;
}

std::shared_ptr<const Subscription> SubscriptionSet::find(std::string_view id) const {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const auto& one) { return one->id == id; });
  return found == all_.end() ? nullptr : *found;
}

}  // namespace dispatch

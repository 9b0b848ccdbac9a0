#include "routing/catalog.hpp"

#include "routing/pattern.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::routing {

Result<std::shared_ptr<const Snapshot>> Snapshot::make(std::shared_ptr<const SubscriptionSet> subscriptions) {
  const std::shared_ptr<Snapshot> snapshot{new Snapshot{std::move(subscriptions)}};
  DISPATCH_TRY(snapshot->compile());
  return snapshot;
}

Snapshot::Snapshot(std::shared_ptr<const SubscriptionSet> subscriptions)
    : subscriptions_(std::move(subscriptions)) {
  routes_.reserve(subscriptions_->all().size());
  for (const auto& subscription : subscriptions_->all())
    routes_.push_back({subscription->url, subscription->host, subscription->no});
}

Result<> Snapshot::compile() {
  const auto& all = subscriptions_->all();
  for (std::size_t place = 0; place < all.size(); ++place) {
    for (const auto& text : all[place]->event_types) {
      const auto pattern = Pattern::parse(text);
      if (!pattern) return fail("subscription {}: {}", all[place]->id, pattern.error().message);
      switch (pattern->kind()) {
        case Pattern::Kind::exact:
          exact_[pattern->stem()].push_back(place);
          break;
        case Pattern::Kind::below:
          below_[pattern->stem()].push_back(place);
          longest_prefix_ = std::max(longest_prefix_, pattern->stem().size());
          break;
        case Pattern::Kind::all:
          all_.push_back(place);
          break;
      }
    }
  }
  return {};
}

void Snapshot::match(std::string_view type, std::vector<std::size_t>& found) const {
  found.assign(all_.begin(), all_.end());
  const auto add = [&](const ByText& places, std::string_view text) {
    if (const auto those = places.find(text); those != places.end())
      found.insert(found.end(), those->second.begin(), those->second.end());
  };
  add(exact_, type);
  // Not the last byte: below a prefix is something.
  for (auto dot = type.find('.'); dot < longest_prefix_ && dot + 1 < type.size();
       dot = type.find('.', dot + 1))
    add(below_, type.substr(0, dot + 1));
  std::sort(found.begin(), found.end());
  found.erase(std::unique(found.begin(), found.end()), found.end());
}

Catalog::Catalog() : now_(*Snapshot::make(std::make_shared<const SubscriptionSet>())) {}

}  // namespace dispatch::routing

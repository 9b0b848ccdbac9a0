#include "routing/router.hpp"

#include "event/jq_input.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::routing {
namespace {

constexpr std::size_t generation_most = 4096;
constexpr std::size_t routes_at_once = 256;

}  // namespace

std::span<const Route> RouteHold::keep(std::span<const Route> routes) {
  if (routes_.empty() || routes_.back().capacity() - routes_.back().size() < routes.size())
    routes_.emplace_back().reserve(std::max(routes_at_once, routes.size()));
  auto& kept = routes_.back();
  const std::size_t first = kept.size();
  kept.insert(kept.end(), routes.begin(), routes.end());
  return {kept.data() + first, routes.size()};
}

Result<Router> Router::make(const std::optional<std::string>& to, std::shared_ptr<Catalog> catalog,
                            OwnUrls own_urls, UrlSchemes schemes) {
  Router router;
  router.schemes_ = schemes;
  if (to) {
    auto url = parse_url(*to, schemes);
    if (!url) return misuse("--to {}", url.error().message);
    router.to_ = std::make_shared<const Destination>(std::move(*url));
  }
  router.own_urls_ = own_urls;
  router.catalog_ = std::move(catalog);
  router.refresh();
  return router;
}

bool Router::goes_elsewhere(const Arrival& arrival) const {
  if (!to_ || arrival.own_url.empty() || arrival.routes.empty()) return false;
  const Route& first = arrival.routes.front();
  return first.subscription == SubscriptionNo{} && first.url != to_->url().text;
}

void Router::refresh() {
  auto now = catalog_->now();
  if (now == snapshot_) return;
  snapshot_ = std::move(now);
  std::erase_if(filters_, [&](const auto& known) {
    const auto& all = snapshot_->subscriptions()->all();
    return std::none_of(all.begin(), all.end(), [&](const auto& one) { return one->filter == known.first; });
  });
}

Result<std::span<const Route>> Router::route(const Arrival& arrival, RouteHold& hold) {
  std::shared_ptr<const Destination> own = to_;
  if (!arrival.own_url.empty() && own_urls_ == OwnUrls::followed) {
    DISPATCH_ASSIGN(own, destination(arrival.own_url));
  }
  const auto direct = own ? own->routes() : std::span<const Route>{};
  if (own) hold.keep(std::move(own));
  const SubscriptionSet& subscriptions = *snapshot_->subscriptions();
  if (subscriptions.empty()) return direct;

  snapshot_->match(arrival.type, matched_);
  if (matched_.empty()) return direct;
  routes_.assign(direct.begin(), direct.end());
  document_.clear();
  for (const std::size_t place : matched_)
    if (may_pass(subscriptions.all()[place]->filter, arrival)) routes_.push_back(snapshot_->route(place));
  if (routes_.size() == direct.size()) return direct;
  hold.keep(snapshot_);
  return hold.keep(std::span<const Route>{routes_});
}

bool Router::may_pass(const std::string& filter, const Arrival& arrival) {
  if (filter.empty()) return true;
  auto program = filters_.find(filter);
  if (program == filters_.end()) {
    if (!jq_) jq_.emplace();
    auto compiled = jq_->compile(filter);
    if (!compiled && compiled.error().cause == jq::RunError::Cause::machine)
      return true;  // the next event tries again
    program = filters_.emplace(filter, std::nullopt).first;
    if (compiled) program->second = std::move(*compiled);
  }
  if (!program->second) return true;
  if (document_.empty())
    document_ = jq_document({arrival.event_id, arrival.type, arrival.source, arrival.time, arrival.entity_id,
                             arrival.sequence, arrival.payload});
  return program->second->holds(document_).value_or(true);
}

Result<std::shared_ptr<const Destination>> Router::destination(std::string_view text) {
  key_.assign(text);
  if (const auto seen = young_.find(key_); seen != young_.end()) return seen->second;

  std::shared_ptr<const Destination> found;
  if (const auto seen = old_.find(key_); seen != old_.end()) {
    found = seen->second;
  } else {
    auto url = parse_url(text, schemes_);
    if (!url) return misuse("url {}", url.error().message);
    found = std::make_shared<const Destination>(std::move(*url));
  }
  if (young_.size() >= generation_most) {
    old_ = std::move(young_);
    young_.clear();
  }
  young_.emplace(key_, found);
  return found;
}

}  // namespace dispatch::routing

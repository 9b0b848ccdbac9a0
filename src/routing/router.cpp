#include "routing/router.hpp"

#include <utility>

namespace dispatch::routing {
namespace {

constexpr std::size_t generation_most = 4096;

}  // namespace

Result<Router> Router::make(const std::optional<std::string>& to) {
  Router router;
  if (to) {
    auto url = parse_url(*to);
    if (!url) return misuse("--to {}", url.error().message);
    router.to_ = std::make_shared<const Destination>(std::move(*url));
  }
  return router;
}

Result<std::span<const Route>> Router::route(const Arrival& arrival, RouteHold& hold) {
  if (arrival.own_url.empty()) {
    if (to_) return to_->routes();
    return misuse("there is no url and no --to, so there is nowhere to deliver to");
  }
  auto own = destination(arrival.own_url);
  if (!own) return tl::unexpected(std::move(own).error());
  const auto routes = (*own)->routes();
  hold.keep(std::move(*own));
  return routes;
}

Result<std::shared_ptr<const Destination>> Router::destination(std::string_view text) {
  key_.assign(text);
  if (const auto seen = young_.find(key_); seen != young_.end()) return seen->second;

  std::shared_ptr<const Destination> found;
  if (const auto seen = old_.find(key_); seen != old_.end()) {
    found = seen->second;
  } else {
    auto url = parse_url(text);
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

#pragma once

#include "base/error.hpp"
#include "event/arrival.hpp"
#include "jq/program.hpp"
#include "routing/catalog.hpp"
#include "routing/url.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dispatch::routing {

/// A URL with its route, which borrows from it. Never moved.
class Destination {
 public:
  explicit Destination(Url url) : url_(std::move(url)), route_{url_.text, url_.host} {}
  Destination(const Destination&) = delete;
  Destination& operator=(const Destination&) = delete;

  const Url& url() const { return url_; }
  std::span<const Route> routes() const { return {&route_, 1}; }

 private:
  Url url_;
  Route route_;
};

/// Owns the routes of some arrivals and everything that they point to. Use one for each batch; it must live
/// as long as the routes are used.
class RouteHold {
 public:
  void keep(std::shared_ptr<const Destination> destination) {
    if (destinations_.empty() || destinations_.back() != destination)
      destinations_.push_back(std::move(destination));
  }
  void keep(std::shared_ptr<const Snapshot> snapshot) {
    if (snapshots_.empty() || snapshots_.back() != snapshot) snapshots_.push_back(std::move(snapshot));
  }
  /// Copies the routes; the copy keeps its address.
  std::span<const Route> keep(std::span<const Route> routes);

 private:
  std::vector<std::shared_ptr<const Destination>> destinations_;
  std::vector<std::shared_ptr<const Snapshot>> snapshots_;
  std::vector<std::vector<Route>> routes_;  ///< no vector grows beyond its reserved size
};

/// How the URL in a line is used.
enum class OwnUrls {
  followed,  ///< the event goes there
  ignored,   ///< ignored: events go to the default destination
};

/// Decides where events go: to their own URL, or else to the default destination, and to every subscription
/// whose patterns and filter select them. Used by one thread; routers of several threads may share a catalog.
class Router {
 public:
  /// `to` is the destination of events without a URL; misuse if it is not a valid URL with a supported
  /// scheme. Without a catalog there are no subscriptions. `schemes` are the supported URL schemes; what they
  /// point to must outlive the router.
  static Result<Router> make(const std::optional<std::string>& to,
                             std::shared_ptr<Catalog> catalog = std::make_shared<Catalog>(),
                             OwnUrls own_urls = OwnUrls::followed, UrlSchemes schemes = http_schemes);

  Catalog& catalog() { return *catalog_; }

  /// True if a routed arrival goes to its own URL instead of a different default destination.
  bool goes_elsewhere(const Arrival& arrival) const;

  /// From now on routes by the catalog's current snapshot.
  void refresh();
  /// The snapshot in use; never null.
  const std::shared_ptr<const Snapshot>& snapshot() const { return snapshot_; }
  /// True if an event without a destination is recorded as unmatched, because there are subscriptions;
  /// otherwise it must be rejected.
  bool accepts_unmatched() const { return !snapshot_->subscriptions()->empty(); }

  /// Returns the routes of `arrival`: its own or the default one first, then those of subscriptions ordered
  /// by number; possibly none. Valid while `hold` lives: `arrival.routes = *router.route(arrival, hold);`. An
  /// error is the reason to reject the line. If a filter fails, the event is routed there, and the filter is
  /// asked again before the request (delivery/preparation.hpp).
  Result<std::span<const Route>> route(const Arrival& arrival, RouteHold& hold);

 private:
  /// A cache of parsed URLs. It has two generations: when the young one is full it replaces the old one, so
  /// that memory is bounded.
  using Seen = std::unordered_map<std::string, std::shared_ptr<const Destination>>;

  /// Programs by their text; nothing for a program that cannot be compiled.
  using Filters = std::unordered_map<std::string, std::optional<jq::Program>>;

  Result<std::shared_ptr<const Destination>> destination(std::string_view url);
  bool may_pass(const std::string& filter, const Arrival& arrival);

  UrlSchemes schemes_;
  std::shared_ptr<const Destination> to_;
  OwnUrls own_urls_ = OwnUrls::followed;
  std::shared_ptr<Catalog> catalog_;
  std::shared_ptr<const Snapshot> snapshot_;
  Seen young_, old_;
  std::string key_;                    ///< the URL being looked up; kept to reuse its memory
  std::optional<jq::Interpreter> jq_;  ///< set if there are filters
  Filters filters_;                    ///< filters of the snapshot that were needed so far
  std::string document_;  ///< the filters' input for the current event; empty until a filter needs it
  std::vector<std::size_t> matched_;
  std::vector<Route> routes_;
};

/// The reason to reject a line without a destination, if there are no subscriptions.
inline constexpr std::string_view nowhere_to_go =
    "there is no url and no --to, so there is nowhere to deliver to";

}  // namespace dispatch::routing

#pragma once

#include "base/error.hpp"
#include "event/arrival.hpp"
#include "jq/program.hpp"
#include "routing/catalog.hpp"
#include "routing/url.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace dispatch::routing {

/// A URL and the route that stands for it, which borrows from it. Never moved.
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

/// Keeps alive what the routes of some arrivals point into, and the routes. Lives as long as they are used:
/// one for each batch.
class RouteHold {
 public:
  void keep(std::shared_ptr<const Destination> destination) {
    if (destinations_.empty() || destinations_.back() != destination)
      destinations_.push_back(std::move(destination));
  }
  void keep(std::shared_ptr<const Snapshot> snapshot) {
    if (snapshots_.empty() || snapshots_.back() != snapshot) snapshots_.push_back(std::move(snapshot));
  }
  /// A copy that stays where it is.
  std::span<const Route> keep(std::span<const Route> routes);

 private:
  std::vector<std::shared_ptr<const Destination>> destinations_;
  std::vector<std::shared_ptr<const Snapshot>> snapshots_;
  std::vector<std::vector<Route>> routes_;  ///< none grows beyond what was reserved for it
};

/// What the url of a line means.
enum class OwnUrls {
  followed,  ///< where its event goes
  ignored,   ///< nothing: events go to the default destination
};

/// Says where events go: to their own url, else to the default destination, and to every subscription that
/// means them, by its patterns and its filter. Used by one thread; routers of several threads may share a
/// catalog.
class Router {
 public:
  /// `to` is the destination of events without a url; misuse where it is not a URL that can be delivered to.
  /// Without a catalog there are no subscriptions. `schemes` are those of the URLs that events can be
  /// delivered to; what they point to must outlive the router.
  static Result<Router> make(const std::optional<std::string>& to,
                             std::shared_ptr<Catalog> catalog = std::make_shared<Catalog>(),
                             OwnUrls own_urls = OwnUrls::followed, UrlSchemes schemes = http_schemes);

  Catalog& catalog() { return *catalog_; }

  /// True where a routed arrival goes to its own url although there is a default destination, which is
  /// another.
  bool goes_elsewhere(const Arrival& arrival) const;

  /// What is routed from now on is routed by the snapshot that the catalog holds now.
  void refresh();
  /// The version of the snapshot routed by.
  std::int64_t version() const { return snapshot_->version(); }
  /// True where an event that goes nowhere is recorded as such, because there are subscriptions; else it is
  /// to be rejected for that reason.
  bool accepts_unmatched() const { return !snapshot_->empty(); }

  /// The routes of `arrival`, its own or default one first, then those of subscriptions by their number;
  /// perhaps none. Valid while `hold` lives: `arrival.routes = *router.route(arrival, hold);`. An error is
  /// the reason to reject the line. A filter that fails decides nothing: the event is routed there, and the
  /// filter is asked again before the request, when it excludes the event, fails for an operator to see, or
  /// is asked later (delivery/preparation.hpp).
  Result<std::span<const Route>> route(const Arrival& arrival, RouteHold& hold);

 private:
  /// URLs seen lately, so that an input that repeats itself is parsed once. Two generations: when the young
  /// one is full it becomes the old one, and the old one is forgotten, so that memory stays bounded whatever
  /// comes.
  using Seen = std::unordered_map<std::string, std::shared_ptr<const Destination>>;

  /// Programs by their text; nothing for one that cannot be compiled.
  using Filters = std::unordered_map<std::string, std::optional<jq::Program>>;

  Result<std::shared_ptr<const Destination>> destination(std::string_view url);
  bool may_pass(const std::string& filter, const Arrival& arrival);

  UrlSchemes schemes_;
  std::shared_ptr<const Destination> to_;
  OwnUrls own_urls_ = OwnUrls::followed;
  std::shared_ptr<Catalog> catalog_;
  std::shared_ptr<const Snapshot> snapshot_;
  Seen young_, old_;
  std::string key_;                    ///< the URL looked up, kept for its memory
  std::optional<jq::Interpreter> jq_;  ///< where there are filters
  Filters filters_;                    ///< of the snapshot, those that were needed
  std::string document_;               ///< what filters see of the event at hand; empty until one asks
  std::vector<std::size_t> matched_;
  std::vector<Route> routes_;
};

/// Why a line is rejected that goes nowhere and where there are no subscriptions.
inline constexpr std::string_view nowhere_to_go =
    "there is no url and no --to, so there is nowhere to deliver to";

}  // namespace dispatch::routing

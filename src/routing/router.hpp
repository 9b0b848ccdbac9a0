#pragma once

#include "base/error.hpp"
#include "event/arrival.hpp"
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

/// Keeps alive what the routes of some arrivals point into. Lives as long as they are used: one for each
/// batch.
class RouteHold {
 public:
  void keep(std::shared_ptr<const Destination> destination) {
    if (kept_.empty() || kept_.back() != destination) kept_.push_back(std::move(destination));
  }

 private:
  std::vector<std::shared_ptr<const Destination>> kept_;
};

/// Says where events go: to their own url, else to the default destination. Used by one thread.
class Router {
 public:
  /// `to` is the destination of events without a url; misuse where it is not a URL that can be delivered to.
  static Result<Router> make(const std::optional<std::string>& to);

  /// The routes of `arrival`, at least one, valid while `hold` and this router live:
  /// `arrival.routes = *router.route(arrival, hold);`. An error is the reason to reject the line.
  Result<std::span<const Route>> route(const Arrival& arrival, RouteHold& hold);

 private:
  /// URLs seen lately, so that an input that repeats itself is parsed once. Two generations: when the young
  /// one is full it becomes the old one, and the old one is forgotten, so that memory stays bounded whatever
  /// comes.
  using Seen = std::unordered_map<std::string, std::shared_ptr<const Destination>>;

  Result<std::shared_ptr<const Destination>> destination(std::string_view url);

  std::shared_ptr<const Destination> to_;
  Seen young_, old_;
  std::string key_;  ///< the URL looked up, kept for its memory
};

}  // namespace dispatch::routing

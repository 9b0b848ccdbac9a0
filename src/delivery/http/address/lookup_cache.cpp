#include "delivery/http/address/lookup_cache.hpp"

#include <iterator>

namespace dispatch::delivery {
namespace {

/// "https://host:8443" of "https://host:8443/path".
std::string_view place_of(std::string_view url) {
  const auto authority = url.find("://");
  if (authority == std::string_view::npos) return url;
  return url.substr(0, url.find_first_of("/?#", authority + 3));
}

std::string_view authority_of(std::string_view place) {
  const auto scheme = place.find("://");
  return scheme == std::string_view::npos ? place : place.substr(scheme + 3);
}

/// The line of CURLOPT_RESOLVE that takes a place out of libcurl's cache.
std::string removal(std::string_view place) {
  const auto authority = authority_of(place);
  std::string line = "-";
  line += authority;
  if (authority.find(':') == std::string_view::npos) line += place.starts_with("https:") ? ":443" : ":80";
  return line;
}

bool is_ipv4(std::string_view authority) {
  return authority.substr(0, authority.find(':')).find_first_not_of("0123456789.") == std::string_view::npos;
}

bool is_at(std::string_view url, std::string_view place) {
  if (!url.starts_with(place)) return false;
  return url.size() == place.size() ||
         std::string_view{"/?#"}.find(url[place.size()]) != std::string_view::npos;
}

}  // namespace

LookupCache::Advice LookupCache::before(std::string_view url, SteadyTime now) {
  const auto found = find(url);
  if (!found) return of_new(place_of(url), now);
  last_asked_ = found;
  Host& host = **found;
  if (!host.is_name) return {{}, -1};
  Advice advice{{}, static_cast<long>(refresh_.count())};
  if (now - host.since < refresh_) return advice;
  host.since = now;
  hosts_.splice(hosts_.end(), hosts_, *found);
  advice.forget.push_back(removal(host.place));
  return advice;
}

std::optional<LookupCache::Hosts::iterator> LookupCache::find(std::string_view url) const {
  if (last_asked_ && is_at(url, (*last_asked_)->place)) return last_asked_;
  const auto found = by_place_.find(place_of(url));
  return found == by_place_.end() ? std::nullopt : std::optional{found->second};
}

LookupCache::Advice LookupCache::of_new(std::string_view place, SteadyTime now) {
  // No line can name an IPv6 address, so it is not kept at all: reading it again costs nothing.
  if (authority_of(place).starts_with('[')) return {{}, 0};
  const bool is_name = !is_ipv4(authority_of(place));
  hosts_.push_back({std::string{place}, now, is_name});
  last_asked_ = std::prev(hosts_.end());
  by_place_.emplace(hosts_.back().place, *last_asked_);
  Advice advice{{}, is_name ? static_cast<long>(refresh_.count()) : -1};
  if (hosts_.size() > most_) {
    advice.forget.push_back(removal(hosts_.front().place));
    by_place_.erase(hosts_.front().place);
    hosts_.pop_front();
  }
  return advice;
}

}  // namespace dispatch::delivery

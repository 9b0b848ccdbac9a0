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

}  // namespace

LookupCache::Advice LookupCache::before(std::string_view url, SteadyTime now) {
  const auto place = place_of(url);
  // No line can name an IPv6 address, so it is not kept at all: reading it again costs nothing.
  if (authority_of(place).starts_with('[')) return {{}, 0};
  const bool is_name = !is_ipv4(authority_of(place));
  Advice advice{{}, is_name ? static_cast<long>(refresh_.count()) : -1};
  if (const auto found = by_place_.find(place); found != by_place_.end()) {
    Host& host = *found->second;
    if (!is_name || now - host.since < refresh_) return advice;
    host.since = now;
    hosts_.splice(hosts_.end(), hosts_, found->second);
    advice.forget.push_back(removal(place));
    return advice;
  }
  hosts_.push_back({std::string{place}, now});
  by_place_.emplace(hosts_.back().place, std::prev(hosts_.end()));
  if (hosts_.size() > most_) {
    advice.forget.push_back(removal(hosts_.front().place));
    by_place_.erase(hosts_.front().place);
    hosts_.pop_front();
  }
  return advice;
}

}  // namespace dispatch::delivery

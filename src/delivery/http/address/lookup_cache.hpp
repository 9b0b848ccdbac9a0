#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace dispatch::delivery {

/// Limits the number and age of the addresses in libcurl's DNS cache. libcurl itself keeps all of them for a
/// time, walks over them after each request, and measures the time by the wall clock. Used by one thread.
class LookupCache {
 public:
  /// A name is looked up again `refresh` after the first request that could use its last look-up. At most
  /// `most` hosts are kept, at least one.
  explicit LookupCache(std::chrono::seconds refresh, std::size_t most = 1'024)
      : refresh_(refresh), most_(most) {}

  /// What to tell libcurl before a request.
  struct Advice {
    std::vector<std::string> forget;  ///< entries for CURLOPT_RESOLVE that remove addresses; mostly none
    long cache_seconds = 0;           ///< CURLOPT_DNS_CACHE_TIMEOUT
  };
  /// The advice for a request to `url` (http or https, normalised) that begins now.
  Advice before(std::string_view url, SteadyTime now);

  std::size_t size() const { return hosts_.size(); }

 private:
  struct Host {
    std::string place;  ///< scheme, host and port, as in a URL
    SteadyTime since;
    bool is_name = false;  ///< true: a name, not an address
  };
  using Hosts = std::list<Host>;

  /// The host's entry.
  std::optional<Hosts::iterator> find(std::string_view url) const;
  Advice of_new(std::string_view place, SteadyTime now);

  const std::chrono::seconds refresh_;
  const std::size_t most_;
  Hosts hosts_;  ///< the oldest first
  std::unordered_map<std::string_view, Hosts::iterator> by_place_;
  std::optional<Hosts::iterator>
      last_asked_;  ///< mostly asked again, because requests to one receiver come in a row
};

}  // namespace dispatch::delivery

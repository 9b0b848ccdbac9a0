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

/// Bounds what libcurl remembers of hosts' addresses, in number and in age. libcurl itself keeps all of them
/// for a time, walks over them after each request, and measures that time by the wall clock. Used by one
/// thread.
class LookupCache {
 public:
  /// A name is looked up again `refresh` after the first request that could use its last look-up; at most
  /// `most` hosts, and at least one, are remembered.
  explicit LookupCache(std::chrono::seconds refresh, std::size_t most = 1'024)
      : refresh_(refresh), most_(most) {}

  /// What a transfer must tell libcurl before a request.
  struct Advice {
    std::vector<std::string> forget;  ///< lines of CURLOPT_RESOLVE that remove addresses; mostly none
    long cache_seconds = 0;           ///< CURLOPT_DNS_CACHE_TIMEOUT
  };
  /// Of a request to `url` (http or https, normalised) that begins now.
  Advice before(std::string_view url, SteadyTime now);

  std::size_t size() const { return hosts_.size(); }

 private:
  struct Host {
    std::string place;  ///< scheme, host and port, as they stand in a URL
    SteadyTime since;
    bool is_name = false;  ///< and not an address
  };
  using Hosts = std::list<Host>;

  /// Where it is remembered.
  std::optional<Hosts::iterator> find(std::string_view url) const;
  Advice of_new(std::string_view place, SteadyTime now);

  const std::chrono::seconds refresh_;
  const std::size_t most_;
  Hosts hosts_;  ///< the longest known first
  std::unordered_map<std::string_view, Hosts::iterator> by_place_;
  std::optional<Hosts::iterator> last_asked_;  ///< mostly asked again: one receiver's requests come in a row
};

}  // namespace dispatch::delivery

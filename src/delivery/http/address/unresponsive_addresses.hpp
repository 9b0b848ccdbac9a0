#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>

namespace dispatch::delivery {

/// Addresses that failed while another address of the same host answered. Connections avoid such an address
/// for a while, so that one dead address of a host delays one request and not all. After that time one
/// request tries the address again, while the others still avoid it. Used by one thread.
class UnresponsiveAddresses {
 public:
  static constexpr std::chrono::seconds rest{60};

  /// At most `most` addresses are kept.
  explicit UnresponsiveAddresses(std::size_t most = 1'024) : most_(most) {}

  /// True if the address must not be tried now, provided that the host has another.
  bool avoids(const std::string& address, SteadyTime now);
  void failed(const std::string& address, SteadyTime now);
  /// Removes the address: it is not avoided any more.
  void forget(const std::string& address) { until_.erase(address); }

  std::size_t size() const { return until_.size(); }

 private:
  const std::size_t most_;
  std::unordered_map<std::string, SteadyTime> until_;
};

}  // namespace dispatch::delivery

#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <unordered_map>

namespace dispatch::delivery {

/// Addresses that were tried in vain while another address of the same host answered. Connections avoid such
/// an address for a while, so that one dead address of a host costs one request its wait and not each of
/// them. After that time one request tries it again, and the others go on avoiding it meanwhile. Used by one
/// thread.
class UnresponsiveAddresses {
 public:
  static constexpr std::chrono::seconds rest{60};

  /// At most `most` addresses are remembered.
  explicit UnresponsiveAddresses(std::size_t most = 1'024) : most_(most) {}

  /// True where the address is not to be tried now, if the host has another.
  bool avoids(const std::string& address, SteadyTime now);
  void failed(const std::string& address, SteadyTime now);
  /// Nothing is held against it any more.
  void forget(const std::string& address) { until_.erase(address); }

  std::size_t size() const { return until_.size(); }

 private:
  const std::size_t most_;
  std::unordered_map<std::string, SteadyTime> until_;
};

}  // namespace dispatch::delivery

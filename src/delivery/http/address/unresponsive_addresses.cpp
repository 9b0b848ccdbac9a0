#include "delivery/http/address/unresponsive_addresses.hpp"

#include <algorithm>

namespace dispatch::delivery {

bool UnresponsiveAddresses::avoids(const std::string& address, SteadyTime now) {
  const auto found = until_.find(address);
  if (found == until_.end()) return false;
  if (now < found->second) return true;
  found->second = now + rest;  // this one tries it
  return false;
}

void UnresponsiveAddresses::failed(const std::string& address, SteadyTime now) {
  if (until_.size() >= most_ && !until_.contains(address)) {
    std::erase_if(until_, [now](const auto& entry) { return entry.second <= now; });
    if (until_.size() >= most_)
      until_.erase(std::min_element(until_.begin(), until_.end(),
                                    [](const auto& a, const auto& b) { return a.second < b.second; }));
  }
  until_[address] = now + rest;
}

}  // namespace dispatch::delivery

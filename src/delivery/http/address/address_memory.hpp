#pragma once

#include "delivery/http/address/lookup_cache.hpp"
#include "delivery/http/address/unresponsive_addresses.hpp"

#include <chrono>

namespace dispatch::delivery {

/// What the attempts of one transport have learnt about hosts' addresses.
struct AddressMemory {
  /// `connection_lifetime`: as HttpOptions has it.
  explicit AddressMemory(std::chrono::milliseconds connection_lifetime)
      : lookups(refresh_after(connection_lifetime)) {}

  /// How often addresses are looked up again: a connection made just before a new look-up, with the longest
  /// lifetime including jitter, still ends within one and a half lifetimes.
  static std::chrono::seconds refresh_after(std::chrono::milliseconds connection_lifetime) {
    return std::chrono::floor<std::chrono::seconds>(connection_lifetime / 4);
  }

  LookupCache lookups;
  UnresponsiveAddresses unresponsive;
};

}  // namespace dispatch::delivery

#pragma once

#include "journal/journal.hpp"

#include <vector>

namespace dispatch::test {

/// The deliveries in `state` that `filter` means, for the journal to do something to them.
inline std::vector<journal::DeliveryKey> deliveries_in(DeliveryState state, journal::Journal& journal,
                                                       const journal::DeliveryFilter& filter = {}) {
  std::vector<journal::DeliveryKey> keys;
  const auto page = journal.select({.filter = filter, .states = {state}}, {}, 100'000).value();
  for (const auto& delivery : page.deliveries) keys.push_back(delivery.row.key);
  return keys;
}

inline std::vector<journal::DeliveryKey> dead_letters(journal::Journal& journal,
                                                      const journal::DeliveryFilter& filter = {}) {
  return deliveries_in(DeliveryState::dead_letter, journal, filter);
}

}  // namespace dispatch::test

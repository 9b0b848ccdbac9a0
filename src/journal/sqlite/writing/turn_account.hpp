#pragma once

#include "event/delivery_state.hpp"
#include "journal/rows.hpp"

#include <cstdint>

namespace dispatch::journal {

/// Counters of the open turn. The stored state counts are updated once, at the commit.
struct TurnAccount {
  std::int64_t number = 0;  ///< number of the turn once it is committed
  StateCounts change;       ///< what the turn adds to the stored state counts
  std::uint64_t moves = 0;  ///< grows with every change of a delivery's state, over all turns

  void made(DeliveryState state) { ++at(state); }
  void moved(DeliveryState from, DeliveryState to, std::int64_t deliveries = 1) {
    at(from) -= deliveries;
    at(to) += deliveries;
    ++moves;
  }

 private:
  std::int64_t& at(DeliveryState state) { return change.deliveries[static_cast<std::size_t>(state)]; }
};

}  // namespace dispatch::journal

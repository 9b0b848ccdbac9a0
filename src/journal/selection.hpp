#pragma once

#include "base/clock.hpp"
#include "journal/rows.hpp"

#include <optional>
#include <string>
#include <vector>

namespace dispatch::journal {

/// HTTP statuses from `first` to `last`, both included; 0 to 0 stands for "no answer".
struct StatusRange {
  int first = 0;
  int last = 0;
};

/// Which deliveries an operator selects. Conditions of different kinds hold together; of several values of
/// one kind, any may hold. Without a condition every delivery is meant.
struct DeliveryFilter {
  std::vector<std::string> events = {};         ///< event ids
  std::vector<std::string> entities = {};       ///< entity ids
  std::vector<std::string> hosts = {};          ///< as in Route: lower case, without port
  std::vector<std::string> urls = {};           ///< of destinations, spelled as the journal has them
  std::vector<std::string> subscriptions = {};  ///< subscription ids
  std::vector<std::string> types = {};          ///< patterns, see routing/pattern.hpp
  std::vector<std::string> inputs = {};         ///< the event came by: as Arrival::input
  std::vector<StatusRange> statuses = {};       ///< how the latest attempt was answered
  std::optional<WallTime> accepted_since = {};  ///< the event was accepted then or later
  std::optional<WallTime> accepted_until = {};  ///< the event was accepted before then
  std::optional<WallTime> dead_since = {};      ///< a dead letter since then or later

  bool empty() const {
    return events.empty() && entities.empty() && hosts.empty() && urls.empty() && subscriptions.empty() &&
           types.empty() && inputs.empty() && statuses.empty() && !accepted_since && !accepted_until &&
           !dead_since;
  }
};

/// What a walk over the journal's open deliveries is to find.
struct Selection {
  DeliveryFilter filter = {};
  std::vector<DeliveryState> states = {};  ///< in one of these; at least one, and none of them final
  /// By delivery queue, and within one by position, the highest first. Otherwise the order within a delivery
  /// queue is not promised.
  bool newest_first = false;
};

/// Where a walk goes on. Made by Journal::select; a default one is the beginning.
struct SelectionPlace {
  DeliveryKey key = {};                 ///< of the delivery found last
  std::size_t state = 0;                ///< where states are read one after the other: which of them
  WallTime since = WallTime::min();     ///< and its DeliveryRow::state_at
  std::optional<Position> lowest = {};  ///< nothing open lies below
};

struct SelectedDelivery {
  DeliveryRow row;
  std::string url, host;  ///< of its destination
};

/// Some of what a walk finds.
struct SelectedPage {
  std::vector<SelectedDelivery> deliveries;
  std::optional<SelectionPlace> next;  ///< nothing: the walk has ended
};

}  // namespace dispatch::journal

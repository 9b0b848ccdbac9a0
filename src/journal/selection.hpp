#pragma once

#include "base/clock.hpp"
#include "journal/rows.hpp"

#include <optional>
#include <string>
#include <vector>

namespace dispatch::journal {

/// HTTP statuses from `first` to `last`, both included; 0 to 0 means "no answer".
struct StatusRange {
  int first = 0;
  int last = 0;
};

/// Selects deliveries. Conditions of different kinds must all hold; of several values of one kind, one must
/// match. An empty filter selects every delivery.
struct DeliveryFilter {
  std::vector<std::string> events = {};         ///< event ids
  std::vector<std::string> entities = {};       ///< entity ids
  std::vector<std::string> hosts = {};          ///< as in Route: lower case, without port
  std::vector<std::string> urls = {};           ///< of destinations, spelled as in the journal
  std::vector<std::string> subscriptions = {};  ///< subscription ids
  std::vector<std::string> types = {};          ///< patterns, see routing/pattern.hpp
  std::vector<std::string> inputs = {};         ///< the input by which the event came, as in Arrival::input
  std::vector<StatusRange> statuses = {};       ///< the answer of the latest attempt
  std::optional<WallTime> accepted_since = {};  ///< the event was accepted at this time or later
  std::optional<WallTime> accepted_until = {};  ///< the event was accepted before this time
  std::optional<WallTime> dead_since = {};      ///< a dead letter since this time or later

  bool empty() const {
    return events.empty() && entities.empty() && hosts.empty() && urls.empty() && subscriptions.empty() &&
           types.empty() && inputs.empty() && statuses.empty() && !accepted_since && !accepted_until &&
           !dead_since;
  }
};

/// What a walk over the journal's open deliveries finds.
struct Selection {
  DeliveryFilter filter = {};
  std::vector<DeliveryState> states = {};  ///< in one of these states; at least one, none of them final
  /// True: ordered by delivery queue, and within one by position, the highest first. False: the order within
  /// a delivery queue is undefined.
  bool newest_first = false;
};

/// Where a walk continues. Made by Journal::select; a default-constructed one is the beginning.
struct SelectionPlace {
  DeliveryKey key = {};   ///< the last delivery found
  std::size_t state = 0;  ///< index into Selection::states, if the states are read one after the other
  WallTime since = WallTime::min();     ///< DeliveryRow::state_at of the last delivery found
  std::optional<Position> lowest = {};  ///< no open delivery has a lower position
};

struct SelectedDelivery {
  DeliveryRow row;
  std::string url, host;  ///< of its destination
};

/// One page of a walk.
struct SelectedPage {
  std::vector<SelectedDelivery> deliveries;
  std::optional<SelectionPlace> next;  ///< where to continue; nothing: the walk has ended
};

}  // namespace dispatch::journal

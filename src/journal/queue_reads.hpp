#pragma once

#include "event/ids.hpp"
#include "journal/due_place.hpp"
#include "journal/rows.hpp"

#include <cstddef>
#include <vector>

// What the pump asks of delivery queues, many of them at a time.

namespace dispatch::journal {

/// A part of a delivery queue, in the order of positions: what lies above `after`, at most `limit`.
struct QueueScan {
  QueueNo queue;
  Position after;
  std::size_t limit = 0;
};

/// A part of what is in retry_wait in a delivery queue: behind `after`, up to `until` included, at most
/// `limit`.
struct DueScan {
  QueueNo queue;
  DuePlace after;
  DuePlace until;
  std::size_t limit = 0;
};

/// A place among what is in retry_wait in a delivery queue.
struct PlaceInQueue {
  QueueNo queue;
  DuePlace place;
};

/// Deliveries for each question of a batch.
using DeliveryRows = std::vector<std::vector<DeliveryRow>>;

}  // namespace dispatch::journal

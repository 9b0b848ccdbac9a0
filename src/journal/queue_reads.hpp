#pragma once

#include "event/ids.hpp"
#include "journal/due_place.hpp"
#include "journal/rows.hpp"

#include <cstddef>
#include <vector>

// Batched reads of delivery queues by the pump.

namespace dispatch::journal {

/// A scan of one delivery queue by position: at most `limit` deliveries above `after`.
struct QueueScan {
  QueueNo queue;
  Position after;
  std::size_t limit = 0;
};

/// A scan of the deliveries in retry_wait of one delivery queue: behind `after`, up to and including `until`,
/// at most `limit`.
struct DueScan {
  QueueNo queue;
  DuePlace after;
  DuePlace until;
  std::size_t limit = 0;
};

/// A place in the due order of one delivery queue.
struct PlaceInQueue {
  QueueNo queue;
  DuePlace place;
};

/// The deliveries for each question of a batch, in the order of the questions.
using DeliveryRows = std::vector<std::vector<DeliveryRow>>;

}  // namespace dispatch::journal

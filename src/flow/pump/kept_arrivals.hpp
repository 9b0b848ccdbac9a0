#pragma once

#include "event/ids.hpp"
#include "journal/rows.hpp"

#include <cstddef>
#include <deque>
#include <unordered_map>
#include <vector>

namespace dispatch::flow {

/// New deliveries for which the window had no room, so that the scan need not read them back. For each
/// delivery queue it holds all deliveries above the cursor up to some position. Bounded: the journal has what
/// finds no room here. A delivery may have changed since it was kept; Transaction::begin decides then. Used
/// by one thread.
class KeptArrivals {
 public:
  /// `most`: maximum number of deliveries, over all delivery queues.
  explicit KeptArrivals(std::size_t most) : most_(most) {}

  /// Begins to keep the deliveries of a queue of which everything below `row` was read.
  void begin(QueueNo queue, const journal::DeliveryRow& row);
  /// Keeps the next new delivery of a queue. Does nothing if none of the queue is kept, or if an earlier one
  /// found no room.
  void add(QueueNo queue, const journal::DeliveryRow& row);

  /// True if deliveries of the queue are kept.
  bool has(QueueNo queue) const { return queues_.contains(queue); }
  /// The next deliveries of the queue, at most `limit`.
  struct Next {
    std::vector<journal::DeliveryRow> rows;
    bool at_end = false;  ///< true: the queue has no deliveries above them
  };
  Next next(QueueNo queue, std::size_t limit) const;
  /// Drops the deliveries of the queue up to its cursor.
  void read_up_to(QueueNo queue, Position cursor);

  /// Drops what is kept of a queue, because others may have made deliveries between, or the cursor moves.
  void forget(QueueNo queue);
  void forget_all();

 private:
  struct Kept {
    std::deque<journal::DeliveryRow> rows;  ///< never empty
    bool whole = true;                      ///< false: a later delivery found no room
  };
  const std::size_t most_;
  std::size_t count_ = 0;
  std::unordered_map<QueueNo, Kept> queues_;
};

}  // namespace dispatch::flow

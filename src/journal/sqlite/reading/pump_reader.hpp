#pragma once

#include "journal/queue_reads.hpp"
#include "journal/rows.hpp"
#include "journal/sqlite/reading/unwritten_deliveries.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <optional>
#include <span>
#include <vector>

namespace dispatch::journal {

/// Reads delivery queues, due retries and wakeups, and saves how far the pump has read.
class PumpReader {
 public:
  PumpReader(SQLite::Database& database, UnwrittenDeliveries& unwritten);

  // These implement the functions of Journal and Transaction with the same names.
  std::vector<DeliveryQueue> queues(QueueNo after);
  std::optional<DeliveryQueue> queue(QueueNo no);
  bool has_several_destinations(QueueNo queue);
  std::vector<DeliveryRow> scan(const QueueScan& what);
  std::vector<DeliveryRow> due(const DueScan& what);
  std::optional<WallTime> next_due(QueueNo queue, const DuePlace& after);
  std::vector<LaneWakeup> wakeups(std::int64_t after, std::size_t limit);
  std::int64_t newest_action();
  std::int64_t saved_wakeup();
  void save_progress(std::span<const DeliveryQueue> queues, std::int64_t last_wakeup);
  std::vector<DeliveryRow> first_open(Position from, Position to);

 private:
  UnwrittenDeliveries& unwritten_;
  Statement queues_, destinations_, scan_, due_, next_due_, wakeups_, newest_action_, saved_wakeup_,
      save_queue_, save_wakeup_, open_;
};

}  // namespace dispatch::journal

#include "journal/sqlite/reading/delivery_columns.hpp"

namespace dispatch::journal {

DeliveryRow read_delivery(const Statement::Rows& row) {
  return DeliveryRow{
      .key = {.queue = QueueNo{row.integer(0)},
              .position = Position{row.integer(1)},
              .generation = row.integer(2)},
      .destination = DestinationNo{row.integer(3)},
      .entity = EntityNo{row.integer(4)},  // NULL reads as 0
      .sequence = SequenceNumber{row.integer(5)},
      .state = static_cast<DeliveryState>(row.integer(6)),
      .attempts = static_cast<unsigned>(row.integer(7)),
      .forgiven = static_cast<unsigned>(row.integer(8)),
      .state_at = from_stored(row.integer(9)),
      .subscription = SubscriptionNo{row.integer(10)},
      .throttled_since = from_stored(row.integer(11)),  // NULL reads as 0
  };
}

std::vector<DeliveryRow> read_deliveries(Statement::Rows& rows, std::size_t limit) {
  std::vector<DeliveryRow> deliveries;
  while (deliveries.size() < limit && rows.next()) deliveries.push_back(read_delivery(rows));
  return deliveries;
}

}  // namespace dispatch::journal

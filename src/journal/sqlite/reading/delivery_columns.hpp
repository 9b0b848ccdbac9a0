#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

namespace dispatch::journal {

/// The columns of deliveries that read_delivery expects, starting with the first. A delivery of a
/// subscription goes to the current destination of its delivery queue.
inline constexpr const char* delivery_columns =
    "queue_no, position, generation, "
    "iif(subscription_no = 0, destination_no,"
    "    (SELECT o.present_destination_no FROM delivery_queues o WHERE o.queue_no = deliveries.queue_no)), "
    "entity_no, sequence_number, state, attempts, forgiven, "
    "iif(state = 1, began_at, state_at), subscription_no, throttled_since";

DeliveryRow read_delivery(const Statement::Rows& row);

/// Reads at most `limit` of the remaining rows.
std::vector<DeliveryRow> read_deliveries(Statement::Rows& rows, std::size_t limit);

}  // namespace dispatch::journal

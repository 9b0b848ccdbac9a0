#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statement.hpp"

namespace dispatch::journal {

/// The columns of deliveries that read_delivery expects, from the first on.
inline constexpr const char* delivery_columns =
    "outlet_no, position, generation, destination_no, entity_no, sequence_number, state, attempts, forgiven, "
    "state_at, subscription_no";

DeliveryRow read_delivery(const Statement::Rows& row);

/// At most `limit` of what is left of `rows`.
std::vector<DeliveryRow> read_deliveries(Statement::Rows& rows, std::size_t limit);

}  // namespace dispatch::journal

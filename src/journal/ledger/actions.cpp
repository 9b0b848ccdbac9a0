#include "journal/ledger/actions.hpp"

#include "journal/sqlite/statement.hpp"
#include "journal/sqlite/wakes.hpp"

namespace dispatch::journal::reading {

namespace {

/// Empty for what was not done to the delivery that the row names.
std::string_view done_to_delivery(Verb verb) {
  switch (verb) {
    case Verb::release:
      return "released";
    case Verb::discard:
      return "discarded";
    case Verb::cancel:
      return "cancelled";
    case Verb::retry:
      return "retried";
    case Verb::acknowledge:
      return "acknowledged";
    default:
      return {};
  }
}

}  // namespace

void add_actions(SQLite::Database& database, EventRecord& event) {
  Statement statement{database,
                      "SELECT outlet_no, position, generation, verb, at FROM actions"
                      " WHERE position = ? ORDER BY action_no"};
  auto rows = statement.rows(event.position);
  while (rows.next()) {
    const auto what = done_to_delivery(static_cast<Verb>(rows.integer(3)));
    if (what.empty()) continue;
    event.actions.push_back({.key = {OutletNo{rows.integer(0)}, Position{rows.integer(1)}, rows.integer(2)},
                             .what = what,
                             .at = from_stored(rows.integer(4))});
  }
}

}  // namespace dispatch::journal::reading

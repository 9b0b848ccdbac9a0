#include "journal/sqlite/reader/actions.hpp"

#include "journal/sqlite/statements/statement.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"

#include <cstdint>
#include <optional>
#include <utility>

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

/// The delivery that a redirect made in the place of the one it gave up: it does both in one turn, and
/// nothing else does. Null where the action is of no redirect.
const DeliveryRecord* redirected_to(SQLite::Database& database, const EventRecord& event,
                                    const DeliveryKey& given_up, std::int64_t action,
                                    const std::optional<std::int64_t>& turn) {
  if (!turn) return nullptr;  // written before turns were noted
  Statement statement{database,
                      "SELECT verb, turn, queue_no, generation FROM actions WHERE action_no > ?"
                      " ORDER BY action_no"};
  auto rows = statement.rows(action);
  while (rows.next() && !rows.is_null(1) && rows.integer(1) == *turn) {
    if (static_cast<Verb>(rows.integer(0)) != Verb::replay) continue;
    for (const auto& made : event.deliveries)
      if (made.subscription.empty() && made.key.queue == QueueNo{rows.integer(2)} &&
          made.key.generation == rows.integer(3) && made.key.generation > given_up.generation)
        return &made;
  }
  return nullptr;
}

}  // namespace

void add_actions(SQLite::Database& database, EventRecord& event) {
  Statement statement{database,
                      "SELECT queue_no, position, generation, verb, at, turn, action_no FROM actions"
                      " WHERE position = ? ORDER BY action_no"};
  auto rows = statement.rows(event.position);
  while (rows.next()) {
    const auto verb = static_cast<Verb>(rows.integer(3));
    const auto what = done_to_delivery(verb);
    if (what.empty()) continue;
    ActionRecord action{.key = {QueueNo{rows.integer(0)}, Position{rows.integer(1)}, rows.integer(2)},
                        .what = what,
                        .at = from_stored(rows.integer(4))};
    if (verb == Verb::discard || verb == Verb::cancel) {
      std::optional<std::int64_t> turn;
      if (!rows.is_null(5)) turn = rows.integer(5);
      if (const auto* made = redirected_to(database, event, action.key, rows.integer(6), turn)) {
        action.what = "redirected";
        action.to = made->destination;
      }
    }
    event.actions.push_back(std::move(action));
  }
}

}  // namespace dispatch::journal::reading

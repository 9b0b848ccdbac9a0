#include "journal/sqlite/reading/change_reader.hpp"

#include <utility>

namespace dispatch::journal {

ChangeReader::ChangeReader(SQLite::Database& database)
    : newest_event_(database, "SELECT coalesce(max(position), 0) FROM events"),
      newest_action_(database, "SELECT coalesce(max(action_no), 0) FROM actions"),
      queues_(
          database,
          "SELECT DISTINCT queue_no FROM deliveries INDEXED BY deliveries_by_position WHERE position > ?") {}

Position ChangeReader::newest_event() {
  auto rows = newest_event_.rows();
  return Position{rows.next() ? rows.integer(0) : 0};
}

Changes ChangeReader::look(std::int64_t data_version, std::int64_t subscriptions_version) {
  const std::int64_t seen = std::exchange(data_version_, data_version);
  if (seen == data_version) {  // what came since is our own
    if (std::exchange(own_events_, false)) event_ = newest_event();
    return {};
  }
  Changes changes;
  changes.any = true;
  changes.everything = seen == -1;
  if (!changes.everything) {
    auto rows = queues_.rows(event_);
    while (rows.next()) changes.queues.emplace_back(rows.integer(0));
  }
  event_ = newest_event();
  own_events_ = false;
  changes.subscriptions =
      std::exchange(subscriptions_version_, subscriptions_version) != subscriptions_version;
  auto rows = newest_action_.rows();
  const std::int64_t action = rows.next() ? rows.integer(0) : 0;
  changes.wakeups = std::exchange(action_, action) != action;
  return changes;
}

}  // namespace dispatch::journal

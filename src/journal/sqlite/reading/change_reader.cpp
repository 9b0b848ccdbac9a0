#include "journal/sqlite/reading/change_reader.hpp"

#include <utility>

namespace dispatch::journal {
namespace {

/// Of our own so many may be told with those of others; asking which are our own costs each turn.
constexpr std::size_t own_events_most = 10'000;

}  // namespace

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

bool ChangeReader::has_news(std::int64_t data_version) {
  if (data_version == data_version_) {
    if (own_events_ >= own_events_most) {  // what came since is our own
      event_ = newest_event();
      own_events_ = 0;
    }
    return false;
  }
  everything_ = data_version_ == -1;
  data_version_ = data_version;
  return true;
}

Changes ChangeReader::take(std::int64_t subscriptions_version) {
  Changes changes;
  changes.any = true;
  changes.everything = everything_;
  if (!everything_) {
    auto rows = queues_.rows(event_);
    while (rows.next()) changes.queues.emplace_back(rows.integer(0));
  }
  event_ = newest_event();
  own_events_ = 0;
  changes.subscriptions =
      std::exchange(subscriptions_version_, subscriptions_version) != subscriptions_version;
  auto rows = newest_action_.rows();
  const std::int64_t action = rows.next() ? rows.integer(0) : 0;
  changes.wakeups = std::exchange(action_, action) != action;
  return changes;
}

}  // namespace dispatch::journal

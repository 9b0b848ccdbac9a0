#include "journal/sqlite/reader/attempt_columns.hpp"
#include "journal/sqlite/reader/find_event.hpp"
#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"

#include <SQLiteCpp/Transaction.h>

namespace dispatch::journal {

using namespace reading;

namespace {

constexpr const char* ended_attempts =
    "SELECT a.attempt, a.began_at, t.url, {} FROM attempt_history a JOIN destinations t USING "
    "(destination_no) "
    "WHERE a.queue_no = ?1 AND a.position = ?2 AND a.generation = ?3 ORDER BY a.attempt";

AttemptRecord under_way(const DeliveryRecord& delivery) {
  AttemptRecord attempt;
  attempt.key = delivery.key;
  attempt.subscription = delivery.subscription;
  attempt.destination = delivery.destination;
  attempt.number = delivery.attempts;
  attempt.began_at = delivery.began_at.value_or(WallTime{});
  return attempt;
}

}  // namespace

Result<std::vector<AttemptRecord>> SqliteReader::attempts(std::string_view event_id) const {
  return guarded(path_, "read the attempts", [&]() -> Result<std::vector<AttemptRecord>> {
    std::vector<AttemptRecord> attempts;
    // An attempt that ends meanwhile would be listed as under way and as ended.
    const SQLite::Transaction one_moment{*database_};
    const auto of = find_event(*database_, event_id);
    if (!of) return attempts;
    Statement statement{*database_, fmt::format(ended_attempts, attempt_end_columns).c_str()};
    for (const auto& delivery : of->deliveries) {
      auto rows = statement.rows(delivery.key.queue, delivery.key.position, delivery.key.generation);
      while (rows.next()) {
        AttemptRecord attempt;
        attempt.key = delivery.key;
        attempt.subscription = delivery.subscription;
        attempt.destination = text(rows, 2);
        attempt.number = static_cast<unsigned>(rows.integer(0));
        attempt.began_at = from_stored(rows.integer(1));
        attempt.ended = attempt_end(rows, 3);
        attempts.push_back(std::move(attempt));
      }
      if (delivery.state == DeliveryState::in_flight) attempts.push_back(under_way(delivery));
    }
    return attempts;
  });
}

}  // namespace dispatch::journal

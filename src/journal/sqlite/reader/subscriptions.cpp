#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "journal/sqlite/reading/subscription_rows.hpp"

#include <SQLiteCpp/Transaction.h>

namespace dispatch::journal {

using namespace reading;

namespace {

StateCounts state_counts_of(Statement& statement, SubscriptionNo no) {
  StateCounts state_counts;
  auto rows = statement.rows(no);
  while (rows.next()) state_counts.deliveries.at(static_cast<std::size_t>(rows.integer(0))) = rows.integer(1);
  return state_counts;
}

}  // namespace

Result<> SqliteReader::subscriptions(const Each<SubscriptionRecord>& each) const {
  return guarded(path_, "list the subscriptions", [&]() -> Result<> {
    std::vector<SubscriptionRecord> records;
    {
      const SQLite::Transaction one_moment{*database_};
      SubscriptionRows all{*database_};
      Statement state_counts{
          *database_,
          "SELECT d.state, count(*) FROM delivery_queues o JOIN deliveries d USING (queue_no)"
          " WHERE o.subscription_no = ? AND d.state BETWEEN 0 AND 5 GROUP BY d.state"};
      for (Subscription& subscription : all.read()) {
        SubscriptionRecord& record = records.emplace_back();
        for (const auto& secret : subscription.secrets) record.secrets.push_back(secret.until);
        subscription.secrets.clear();
        record.state_counts = state_counts_of(state_counts, subscription.no);
        record.subscription = std::move(subscription);
      }
    }
    for (const SubscriptionRecord& record : records)
      if (!each(record)) break;
    return {};
  });
}

}  // namespace dispatch::journal

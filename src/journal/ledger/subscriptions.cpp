#include "journal/ledger.hpp"
#include "journal/ledger/reading.hpp"
#include "journal/sqlite/reading/subscription_rows.hpp"

#include <SQLiteCpp/Transaction.h>

namespace dispatch::journal {

using namespace reading;

namespace {

Tally tally_of(Statement& statement, SubscriptionNo no) {
  Tally tally;
  auto rows = statement.rows(no);
  while (rows.next()) tally.deliveries.at(static_cast<std::size_t>(rows.integer(0))) = rows.integer(1);
  return tally;
}

}  // namespace

Result<> Ledger::subscriptions(const Each<SubscriptionRecord>& each) const {
  return guarded(path_, "list the subscriptions", [&]() -> Result<> {
    std::vector<SubscriptionRecord> records;
    {
      const SQLite::Transaction one_moment{*database_};
      SubscriptionRows all{*database_};
      Statement tally{*database_,
                      "SELECT d.state, count(*) FROM outlets o JOIN deliveries d USING (outlet_no)"
                      " WHERE o.subscription_no = ? AND d.state BETWEEN 0 AND 5 GROUP BY d.state"};
      for (Subscription& subscription : all.read()) {
        SubscriptionRecord& record = records.emplace_back();
        for (const auto& secret : subscription.secrets) record.secrets.push_back(secret.until);
        subscription.secrets.clear();
        record.tally = tally_of(tally, subscription.no);
        record.subscription = std::move(subscription);
      }
    }
    for (const SubscriptionRecord& record : records)
      if (!each(record)) break;
    return {};
  });
}

}  // namespace dispatch::journal

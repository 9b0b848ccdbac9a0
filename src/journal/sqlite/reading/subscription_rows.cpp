#include "journal/sqlite/reading/subscription_rows.hpp"

#include <string>

namespace dispatch::journal {

SubscriptionRows::SubscriptionRows(const SQLite::Database& database)
    : all_(
          database,
          "SELECT subscription_no, subscription_id, url, host, event_types, filter, transform, body, headers,"
          "       rate_count, rate_per, concurrency, timeout, attempts, statuses, deny_private, paused_at,"
          "       pause_reason"
          "  FROM subscriptions WHERE removed_at IS NULL ORDER BY subscription_no"),
      secrets_(database,
               "SELECT secret, until FROM subscription_secrets WHERE subscription_no = ? ORDER BY place"),
      patterns_(database, "SELECT value FROM json_each(?) ORDER BY key") {}

std::vector<Subscription> SubscriptionRows::read() {
  std::vector<Subscription> all;
  auto rows = all_.rows();
  while (rows.next()) {
    Subscription& subscription = all.emplace_back();
    subscription.no = SubscriptionNo{rows.integer(0)};
    subscription.id = rows.bytes(1);
    subscription.url = rows.bytes(2);
    subscription.host = rows.bytes(3);
    subscription.event_types = patterns(rows.bytes(4));
    subscription.filter = rows.bytes(5);
    subscription.transform = rows.bytes(6);
    subscription.body = static_cast<BodyMode>(rows.integer(7));
    subscription.headers = rows.bytes(8);
    subscription.secrets = secrets(subscription.no);
    subscription.rate.reset();
    if (!rows.is_null(9))
      subscription.rate = Rate{.count = static_cast<unsigned>(rows.integer(9)),
                               .per = std::chrono::microseconds{rows.integer(10)}};
    if (!rows.is_null(11)) subscription.concurrency = static_cast<std::size_t>(rows.integer(11));
    if (!rows.is_null(12))
      subscription.timeout =
          std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::microseconds{rows.integer(12)});
    if (!rows.is_null(13)) subscription.attempts = static_cast<unsigned>(rows.integer(13));
    subscription.statuses = rows.bytes(14);
    subscription.deny_private = rows.integer(15) != 0;
    if (!rows.is_null(16)) subscription.paused_at = from_stored(rows.integer(16));
    subscription.pause_reason = rows.bytes(17);
  }
  return all;
}

std::vector<std::string> SubscriptionRows::patterns(std::string_view event_types) {
  std::vector<std::string> patterns;
  auto rows = patterns_.rows(event_types);
  while (rows.next()) patterns.emplace_back(rows.bytes(0));
  return patterns;
}

std::vector<SigningSecret> SubscriptionRows::secrets(SubscriptionNo no) {
  std::vector<SigningSecret> secrets;
  auto rows = secrets_.rows(no);
  while (rows.next()) {
    secrets.push_back({.text = std::string{rows.bytes(0)}, .until = std::nullopt});
    if (!rows.is_null(1)) secrets.back().until = from_stored(rows.integer(1));
  }
  return secrets;
}

}  // namespace dispatch::journal

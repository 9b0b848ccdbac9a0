#include "journal/sqlite/writing/subscriptions.hpp"

#include "base/fail_point.hpp"
#include "base/text/json.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"

#include <string>
#include <utility>

namespace dispatch::journal {

namespace {

std::string event_types_text(const std::vector<std::string>& patterns) {
  std::string text = "[";
  for (const std::string& pattern : patterns) {
    if (text.size() > 1) text += ',';
    append_json_string(text, pattern);
  }
  return text += ']';
}

template <class Count>
std::optional<std::int64_t> stored(const std::optional<Count>& count) {
  if (!count) return std::nullopt;
  return static_cast<std::int64_t>(*count);
}

std::optional<std::chrono::microseconds> stored(const std::optional<std::chrono::milliseconds>& time) {
  return time;
}

/// True where the two say the same, whoever is asked about numbers and pauses.
bool same_definition(const Subscription& known, Subscription wanted) {
  wanted.no = known.no;
  wanted.paused_at = known.paused_at;
  wanted.pause_reason = known.pause_reason;
  return known == wanted;
}

std::int64_t number(Verb verb) {
  return static_cast<std::int64_t>(verb);
}

}  // namespace

Subscriptions::Subscriptions(SQLite::Database& database, TurnAccount& turn, Destinations& destinations)
    : turn_(turn),
      destinations_(destinations),
      rows_(database),
      version_(database, "SELECT subscriptions_version FROM progress"),
      add_(database,
           "INSERT INTO subscriptions (subscription_id, url, host, event_types, filter, transform, body,"
           "                           headers, rate_count, rate_per, concurrency, timeout, attempts, "
           "statuses,"
           "                           deny_private)"
           " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING subscription_no"),
      change_(
          database,
          "UPDATE subscriptions SET url = ?, host = ?, event_types = ?, filter = ?, transform = ?, body = ?,"
          "                         headers = ?, rate_count = ?, rate_per = ?, concurrency = ?, timeout = ?,"
          "                         attempts = ?, statuses = ?, deny_private = ?"
          " WHERE subscription_no = ?"),
      remove_(database,
              "UPDATE subscriptions SET removed_at = ? WHERE subscription_no = ? AND removed_at IS NULL"),
      pause_(database,
             "UPDATE subscriptions SET paused_at = ?, pause_reason = ?"
             " WHERE subscription_no = ? AND paused_at IS NULL AND removed_at IS NULL"),
      resume_(database,
              "UPDATE subscriptions SET paused_at = NULL, pause_reason = NULL"
              " WHERE subscription_no = ? AND paused_at IS NOT NULL AND removed_at IS NULL"),
      add_secret_(
          database,
          "INSERT INTO subscription_secrets (subscription_no, place, secret, until) VALUES (?, ?, ?, ?)"),
      remove_secrets_(database, "DELETE FROM subscription_secrets WHERE subscription_no = ?"),
      give_up_(database,
               "UPDATE deliveries SET state = 5, state_at = NULL"
               " WHERE queue_no IN (SELECT queue_no FROM delivery_queues WHERE subscription_no = ?) AND "
               "state = ?"),
      close_circuits_(database,
                      "DELETE FROM circuits WHERE destination_no IN"
                      " (SELECT destination_no FROM destinations JOIN delivery_queues USING (queue_no)"
                      "   WHERE subscription_no = ?)"),
      forget_paces_(database,
                    "DELETE FROM paces WHERE destination_no IN"
                    " (SELECT destination_no FROM destinations JOIN delivery_queues USING (queue_no)"
                    "   WHERE subscription_no = ?)"),
      forget_throttles_(database,
                        "DELETE FROM throttles WHERE destination_no IN"
                        " (SELECT destination_no FROM destinations JOIN delivery_queues USING (queue_no)"
                        "   WHERE subscription_no = ?)"),
      count_change_(database, "UPDATE progress SET subscriptions_version = subscriptions_version + 1"),
      add_action_(database,
                  "INSERT INTO actions (verb, at, turn, subscription_no, note) VALUES (?, ?, ?, ?, ?)") {}

SubscriptionNo Subscriptions::put(const Subscription& subscription, WallTime now) {
  const auto known = all()->find(subscription.id);
  const auto& [_, id, url, host, event_types, filter, transform, body, headers, secrets, rate, concurrency,
               timeout, attempts, statuses, deny_private, paused_at, pause_reason] = subscription;
  const auto patterns = event_types_text(event_types);
  std::optional<std::int64_t> rate_count, rate_per;
  if (rate) {
    rate_count = rate->count;
    rate_per = rate->per.count();
  }
  const auto body_number = static_cast<std::int64_t>(body);
  if (!known) {
    SubscriptionNo no;
    {
      auto rows = add_.rows(id, url, host, patterns, null_if_empty(filter), null_if_empty(transform),
                            body_number, null_if_empty(headers), rate_count, rate_per, stored(concurrency),
                            stored(timeout), stored(attempts), null_if_empty(statuses), deny_private);
      if (rows.next()) no = SubscriptionNo{rows.integer(0)};
    }
    write_secrets(no, secrets);
    changed(number(Verb::subscription_added), no, now);
    return no;
  }
  const SubscriptionNo no = known->no;
  if (same_definition(*known, subscription)) return no;
  change_.run(url, host, patterns, null_if_empty(filter), null_if_empty(transform), body_number,
              null_if_empty(headers), rate_count, rate_per, stored(concurrency), stored(timeout),
              stored(attempts), null_if_empty(statuses), deny_private, no);
  destinations_.lead(no);
  write_secrets(no, secrets);
  changed(number(Verb::subscription_changed), no, now);
  return no;
}

std::int64_t Subscriptions::remove(SubscriptionNo no, WallTime now) {
  if (remove_.run(now, no) == 0) return 0;
  remove_secrets_.run(no);
  close_circuits_.run(no);
  forget_paces_.run(no);
  forget_throttles_.run(no);
  std::int64_t failed = give_up(no, DeliveryState::pending, Transition::give_up);
  failed += give_up(no, DeliveryState::retry_wait, Transition::give_up);
  failed += give_up(no, DeliveryState::dead_letter, Transition::discard);
  changed(number(Verb::subscription_removed), no, now);
  fail_point(FailPoint::subscription_removed);
  return failed;
}

std::int64_t Subscriptions::give_up(SubscriptionNo no, DeliveryState from, Transition by) {
  const std::int64_t moved = give_up_.run(no, static_cast<int>(from));
  turn_.moved(from, next_state(from, by).value(), moved);
  return moved;
}

void Subscriptions::pause(SubscriptionNo no, std::string_view reason, WallTime now) {
  if (pause_.run(now, reason, no) != 0) changed(number(Verb::subscription_paused), no, now, reason);
}

void Subscriptions::resume(SubscriptionNo no, WallTime now) {
  if (resume_.run(no) != 0) changed(number(Verb::subscription_resumed), no, now);
}

void Subscriptions::write_secrets(SubscriptionNo no, const std::vector<SigningSecret>& secrets) {
  remove_secrets_.run(no);
  for (std::size_t place = 0; place < secrets.size(); ++place)
    add_secret_.run(no, place, secrets[place].text, secrets[place].until);
}

void Subscriptions::changed(std::int64_t verb, SubscriptionNo no, WallTime now,
                            std::optional<std::string_view> note) {
  count_change_.run();
  add_action_.run(verb, now, turn_.number, no, note);
  stale_ = true;
}

const std::shared_ptr<const SubscriptionSet>& Subscriptions::all() {
  if (!stale_) return all_;
  // Open until the rows are read: so SQLite reads them from the same snapshot as the version, in a turn or
  // not.
  auto progress = version_.rows();
  const std::int64_t version = progress.next() ? progress.integer(0) : 0;
  if (!all_ || all_->version() != version)
    all_ = std::make_shared<const SubscriptionSet>(rows_.read(), version);
  stale_ = false;
  return all_;
}

void Subscriptions::forget() {
  stale_ = true;
  all_.reset();
}

}  // namespace dispatch::journal

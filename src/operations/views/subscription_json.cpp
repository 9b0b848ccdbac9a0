#include "operations/views/subscription_json.hpp"

#include "event/delivery_state.hpp"
#include "operations/subscriptions/subscription_fields.hpp"
#include "operations/views/json_fields.hpp"
#include "policy/rate.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>

namespace dispatch::operations {
namespace {

std::string json_texts(const std::vector<std::string>& texts) {
  std::string out = "[";
  for (const auto& text : texts) {
    if (out.size() > 1) out += ',';
    append_json_string(out, text);
  }
  return out + "]";
}

}  // namespace

std::vector<std::optional<WallTime>> secrets_in_use(const journal::SubscriptionRecord& record, WallTime now) {
  std::vector<std::optional<WallTime>> secrets;
  std::copy_if(record.secrets.begin(), record.secrets.end(), std::back_inserter(secrets),
               [&](const std::optional<WallTime>& until) { return !until || *until > now; });
  return secrets;
}

std::optional<WallTime> older_until(const std::vector<std::optional<WallTime>>& secrets) {
  return secrets.size() > 1 ? secrets[1] : std::nullopt;
}

void add_subscription(JsonObject& object, const journal::SubscriptionRecord& record, WallTime now) {
  const Subscription& subscription = record.subscription;
  const auto secrets = secrets_in_use(record, now);
  object.add("id", subscription.id)
      .add("url", subscription.url)
      .add("host", subscription.host)
      .add_raw("types", json_texts(subscription.event_types));
  add_text(object, "filter", subscription.filter);
  add_text(object, "transform", subscription.transform);
  object.add("body", to_text(subscription.body))
      .add_raw("headers", json_texts(header_names(subscription.headers)))
      .add("rate", policy::format_rate(subscription.rate));
  if (subscription.concurrency)
    object.add("concurrency", static_cast<std::uint64_t>(*subscription.concurrency));
  else
    object.add_null("concurrency");
  if (subscription.timeout)
    object.add("timeout_ms", static_cast<std::int64_t>(subscription.timeout->count()));
  else
    object.add_null("timeout_ms");
  object.add("attempts", subscription.attempts);
  add_text(object, "on_status", subscription.statuses);
  object.add("deny_private", subscription.deny_private)
      .add("secrets", static_cast<std::uint64_t>(secrets.size()));
  add_time(object, "older_secret_until", older_until(secrets));
  object.add("paused", subscription.paused_at.has_value());
  add_time(object, "paused_at", subscription.paused_at);
  add_text(object, "pause_reason", subscription.pause_reason);
  for (std::size_t state = 0; state < delivery_state_names.size(); ++state)
    object.add(delivery_state_names[state], record.state_counts.deliveries[state]);
}

}  // namespace dispatch::operations

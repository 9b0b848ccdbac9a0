#include "base/text/printable.hpp"
#include "base/text/units.hpp"
#include "cli/commands/subscription/subscription_commands.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"
#include "operations/subscriptions/subscription_fields.hpp"
#include "operations/views/subscription_json.hpp"
#include "policy/rate.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>

namespace dispatch::cli {
namespace {

using Record = journal::SubscriptionRecord;

std::string with_commas(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
  return out;
}

/// "1", "2, the older until 2026-03-01T12:00:00.000Z".
std::string secrets_text(const Record& record, WallTime now) {
  const auto secrets = operations::secrets_in_use(record, now);
  if (secrets.empty()) return "none; requests are not signed";
  const auto until = operations::older_until(secrets);
  return std::to_string(secrets.size()) +
         (until ? ", the older until " + format_time(*until) : std::string{});
}

std::string state_text(const Subscription& subscription) {
  if (!subscription.paused_at) return "active";
  return subscription.pause_reason.empty() ? "paused" : "paused: " + subscription.pause_reason;
}

void put_line(std::string_view name, std::string_view text) {
  if (!text.empty()) put_out(fmt::format("{:<13} {}\n", name, printable(std::string{text})));
}

void put_record(const Record& record, WallTime now) {
  const Subscription& subscription = record.subscription;
  put_line("subscription", subscription.id);
  for (const auto& field : operations::definition_fields(subscription)) put_line(field.name, field.text);
  put_line("secrets", secrets_text(record, now));
  put_line("state", state_text(subscription));
  if (subscription.paused_at)
    put_line("paused at", fmt::format("{}, {} ago", format_time(*subscription.paused_at),
                                      age_text(*subscription.paused_at, now)));
  put_out("\ndeliveries\n");
  for (std::size_t state = 0; state < delivery_state_names.size(); ++state)
    put_out(
        fmt::format("  {:<14} {:>11}\n", delivery_state_names[state], record.state_counts.deliveries[state]));
}

Result<std::vector<Record>> read_records(const Program& program) {
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  std::vector<Record> records;
  DISPATCH_TRY(reader->subscriptions([&](const Record& record) {
    records.push_back(record);
    return true;
  }));
  return records;
}

}  // namespace

Result<ExitCode> list_subscriptions(const Program& program, bool json) {
  DISPATCH_ASSIGN(const auto records, read_records(program));
  const WallTime now = SystemClock{}.wall();
  if (json) {
    for (const auto& record : records)
      put_json([&](JsonObject& object) { operations::add_subscription(object, record, now); });
    return ExitCode::delivered;
  }
  using Align = Table::Align;
  Table table{{{"ID"},
               {"TYPES"},
               {"PENDING", Align::right},
               {"RETRYING", Align::right},
               {"DEAD", Align::right},
               {"DONE", Align::right},
               {"STATE"},
               {"URL"}},
              put_out};
  for (const auto& record : records) {
    const auto count = [&](DeliveryState state) { return std::to_string(record.state_counts.of(state)); };
    table.row({record.subscription.id, with_commas(record.subscription.event_types),
               count(DeliveryState::pending), count(DeliveryState::retry_wait),
               count(DeliveryState::dead_letter), count(DeliveryState::completed),
               state_text(record.subscription), record.subscription.url});
  }
  table.finish();
  if (records.empty()) {
    say_next(program, "subscription add ID --url URL --types '*'", "add a subscription");
    return ExitCode::delivered;
  }
  for (const auto& record : records)
    if (record.subscription.paused_at)
      say_next(program, "subscription resume " + record.subscription.id, "let what waits go");
  return ExitCode::delivered;
}

Result<ExitCode> show_subscription(const Program& program, const std::string& id, bool json) {
  DISPATCH_ASSIGN(const auto records, read_records(program));
  const auto found = std::find_if(records.begin(), records.end(),
                                  [&](const Record& one) { return one.subscription.id == id; });
  if (found == records.end()) {
    std::vector<Subscription> all;
    for (const auto& record : records) all.push_back(record.subscription);
    return tl::unexpected(no_subscription(program, SubscriptionSet{std::move(all)}, id));
  }
  const auto& record = *found;
  const WallTime now = SystemClock{}.wall();
  if (json)
    put_json([&](JsonObject& object) { operations::add_subscription(object, record, now); });
  else
    put_record(record, now);
  return ExitCode::delivered;
}

}  // namespace dispatch::cli

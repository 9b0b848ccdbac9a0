#include "operations/subscriptions/subscription_add.hpp"

#include "cli/commands/operator_turn.hpp"
#include "cli/commands/subscription/subscription_commands.hpp"
#include "cli/options/delivery_schemes.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"
#include "operations/subscriptions/subscription_backfill.hpp"
#include "operations/subscriptions/subscription_fields.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace dispatch::cli {
namespace {

/// What waited for the former URL, and goes to the present one.
struct Carried {
  std::int64_t waiting = 0, dead = 0;
};

Result<Carried> carried_by(const Program& program, std::string_view id) {
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  Carried carried;
  DISPATCH_TRY(reader->subscriptions([&](const journal::SubscriptionRecord& record) {
    if (record.subscription.id != id) return true;
    carried = {.waiting = record.state_counts.of(DeliveryState::pending) +
                          record.state_counts.of(DeliveryState::retry_wait),
               .dead = record.state_counts.of(DeliveryState::dead_letter)};
    return false;
  }));
  return carried;
}

/// As the journal has it now; nothing where it has none of that id.
Result<std::optional<Subscription>> former_of(const Program& program, std::string_view id) {
  std::optional<Subscription> former;
  if (!program.store->may_exist()) return former;
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  DISPATCH_TRY(reader->subscriptions([&](const journal::SubscriptionRecord& record) {
    if (record.subscription.id == id) former = record.subscription;
    return !former;
  }));
  return former;
}

/// What was asked for; what was not named is as it was before.
Result<Subscription> definition(const SubscriptionAddition& asked,
                                const std::optional<Subscription>& former) {
  Subscription named = asked.declared.subscription;
  auto headers = operations::headers_from_lines(asked.headers);
  if (!headers) return misuse("--header: {}", headers.error().message);
  named.headers = std::move(*headers);
  Subscription wanted = named;
  if (former) {
    wanted = *former;
    for (const auto& copy : asked.given) copy(named, wanted);
  }
  if (wanted.url.empty()) return misuse("--url is missing; give the URL for the deliveries of {}", wanted.id);
  if (wanted.event_types.empty())
    return misuse("--types is missing; give the event types for {}, or '*' for all", wanted.id);
  DISPATCH_TRY(operations::settle_definition(wanted, delivery_schemes));
  return wanted;
}

void say_changes(const Program& program, const operations::SubscriptionChange& change) {
  const std::string& id = change.wanted.id;
  if (change.kind == operations::SubscriptionChange::Kind::unchanged) {
    say(program, fmt::format("subscription {} is unchanged: it has these settings already", id));
    return;
  }
  for (const auto& field : change.fields)
    say(program,
        fmt::format("subscription {}: {} was {} and is {}", id, field.name,
                    field.from.empty() ? "not set" : field.from, field.to.empty() ? "not set" : field.to));
}

}  // namespace

Result<ExitCode> add_subscription(const Program& program, const SubscriptionAddition& asked) {
  const auto former = asked.replace ? former_of(program, asked.declared.subscription.id)
                                    : Result<std::optional<Subscription>>{std::nullopt};
  if (!former) return tl::unexpected(former.error());
  DISPATCH_ASSIGN(Subscription wanted, definition(asked, *former));
  const auto secret = operations::read_secret(asked.declared.secret);
  if (!secret) return tl::unexpected(secret.error());
  if (*secret)
    if (const auto warning = operations::secret_warning("of subscription " + wanted.id, **secret))
      program.log->warn("{}", *warning);

  const bool generated = asked.declared.secret.generate;

  const auto journal = program.store->open(to_change(program));
  if (!journal) return tl::unexpected(journal.error());
  std::unique_ptr<journal::JournalReader> reader;
  std::optional<operations::SubscriptionBackfill> backfill;
  if (asked.from) {
    DISPATCH_ASSIGN(reader, program.store->read());
    auto of = operations::SubscriptionBackfill::of(wanted, Position{*asked.from}, *reader);
    if (!of) return tl::unexpected(std::move(of).error());
    backfill = std::move(*of);
  }
  const auto added =
      operations::add_subscription(**journal, SystemClock{},
                                   {.wanted = wanted,
                                    .secret = *secret ? std::optional{(*secret)->reveal()} : std::nullopt,
                                    .secret_keep = asked.declared.secret_keep,
                                    .replace = asked.replace,
                                    .former = *former},
                                   backfill ? &*backfill : nullptr);
  if (!added) return tl::unexpected(added.error());
  using Refused = operations::SubscriptionAdded::Refused;
  if (added->refused == Refused::exists)
    return misuse(
        "there is a subscription {} already; to change it, give --replace; see its definition with: {}",
        wanted.id, command_on(program, "subscription show " + wanted.id));
  if (added->refused == Refused::changed_meanwhile)
    return misuse("subscription {} was changed by another process at the same time; nothing was done; see {}",
                  wanted.id, command_on(program, "subscription show " + wanted.id));
  if (added->shared_url) program.log->warn("{}", *added->shared_url);

  std::optional<Carried> carried;
  if (added->moved) {
    DISPATCH_ASSIGN(carried, carried_by(program, wanted.id));
  }

  if (asked.json) {
    put_json([&](JsonObject& object) {
      object.add("id", wanted.id).add("replaced", added->replaced);
      if (carried) object.add("waiting", carried->waiting).add("dead_letters", carried->dead);
      if (backfill) object.add("looked_at", backfill->looked_at()).add("delivered_too", added->fanned_out);
      if (generated) object.add("secret", (*secret)->reveal());
    });
  } else if (generated) {
    put_out((*secret)->reveal() + "\n");
  }
  if (added->replaced)
    say_changes(program, added->change);
  else
    say(program, fmt::format("added subscription {} to {}", wanted.id, wanted.url));
  if (carried)
    say(program,
        fmt::format("{} that wait{} and {} of it belong to this URL now",
                    counted(carried->waiting, "delivery", "deliveries"), carried->waiting == 1 ? "s" : "",
                    counted(carried->dead, "dead letter", "dead letters")));
  if (generated) say(program, "the secret is shown this once; give it to the receiver");
  if (backfill)
    say(program, fmt::format("{} of {} that the journal holds {} it too{}", added->fanned_out,
                             counted(backfill->looked_at(), "event", "events"),
                             added->fanned_out == 1 ? "goes to" : "go to",
                             added->fanned_out > 0 ? "; " + who_goes_on(program) : std::string{}));
  return ExitCode::delivered;
}

}  // namespace dispatch::cli

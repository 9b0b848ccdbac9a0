#include "cli/commands/operator_turn.hpp"
#include "cli/commands/subscription/subscription_changes.hpp"
#include "cli/commands/subscription/subscription_commands.hpp"
#include "cli/commands/subscription/subscription_fields.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/journal_reader.hpp"
#include "journal/sqlite/files/journal_files.hpp"
#include "operations/subscription_backfill.hpp"
#include "routing/shared_url.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace dispatch::cli {
namespace {

const Subscription* known(const std::vector<Subscription>& all, std::string_view id) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Subscription& one) { return one.id == id; });
  return found == all.end() ? nullptr : &*found;
}

/// What waited for the former URL, and goes to the present one.
struct Carried {
  std::int64_t waiting = 0, dead = 0;
};

Result<Carried> carried_by(const Program& program, std::string_view id) {
  const auto reader = journal::JournalReader::open(program.journal);
  if (!reader) return tl::unexpected(reader.error());
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
  if (!journal::may_be_there(program.journal)) return former;
  const auto reader = journal::JournalReader::open(program.journal);
  if (!reader) return tl::unexpected(reader.error());
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
  auto headers = headers_from_lines(asked.headers);
  if (!headers) return misuse("--header: {}", headers.error().message);
  named.headers = std::move(*headers);
  Subscription wanted = named;
  if (former) {
    wanted = *former;
    for (const auto& copy : asked.given) copy(named, wanted);
  }
  if (wanted.url.empty()) return misuse("--url is missing: where do the deliveries of {} go?", wanted.id);
  if (wanted.event_types.empty())
    return misuse("--types is missing: which events go to {}? '*' means all", wanted.id);
  DISPATCH_TRY(settle_definition(wanted));
  return wanted;
}

void say_changes(const Program& program, const SubscriptionChange& change) {
  const std::string& id = change.wanted.id;
  if (change.kind == SubscriptionChange::Kind::unchanged) {
    say(program, fmt::format("subscription {} is as it was: nothing named differs", id));
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
  auto defined = definition(asked, *former);
  if (!defined) return tl::unexpected(std::move(defined).error());
  Subscription wanted = std::move(*defined);
  const auto secret = read_secret(asked.declared.secret);
  if (!secret) return tl::unexpected(secret.error());
  if (*secret)
    if (const auto warning = secret_warning("of subscription " + wanted.id, **secret))
      program.log->warn("{}", *warning);

  const bool generated = asked.declared.secret.generate;

  std::optional<operations::SubscriptionBackfill> backfill;
  if (asked.from) {
    auto of = operations::SubscriptionBackfill::of(wanted, Position{*asked.from});
    if (!of) return tl::unexpected(std::move(of).error());
    backfill = std::move(*of);
    // What is written meanwhile is looked at inside the turn.
    if (journal::may_be_there(program.journal)) DISPATCH_TRY(backfill->read(program.journal));
  }

  SubscriptionChange change;
  bool replaced = false;
  bool moved = false;
  std::optional<std::string> shared_url;
  std::int64_t made = 0;
  DISPATCH_TRY(operator_turn(
      program,
      [&](journal::Journal& journal, journal::Transaction& transaction, WallTime now) -> Result<> {
        const auto all = journal.subscriptions();
        if (!all) return tl::unexpected(all.error());
        shared_url = routing::shared_url_warning(wanted, *all);
        if (const auto* before = known(*all, wanted.id)) {
          if (!asked.replace)
            return misuse(
                "there is a subscription {} already; to change it, say --replace; see what it is with: {}",
                wanted.id, command_on(program, "subscription show " + wanted.id));
          if (!*former || definition_fields(**former) != definition_fields(*before))
            return misuse(
                "subscription {} was changed at the same moment by another; nothing was done; see {}",
                wanted.id, command_on(program, "subscription show " + wanted.id));
          replaced = true;
          moved = before->url != wanted.url;
          wanted.secrets = before->secrets;
        }
        if (*secret)
          wanted.secrets =
              with_newest(std::move(wanted.secrets), (*secret)->reveal(), now, asked.declared.secret_keep);
        change = change_to(known(*all, wanted.id), wanted);
        const auto no = transaction.put_subscription(wanted, now);
        if (!no) return tl::unexpected(no.error());
        if (!backfill) return {};
        DISPATCH_TRY(backfill->read(program.journal));
        const auto count =
            transaction.fan_out(Route{wanted.url, wanted.host, *no}, backfill->positions(), now);
        if (!count) return tl::unexpected(count.error());
        made = *count;
        return {};
      },
      true));

  if (shared_url) program.log->warn("{}", *shared_url);

  std::optional<Carried> carried;
  if (moved) {
    const auto found = carried_by(program, wanted.id);
    if (!found) return tl::unexpected(found.error());
    carried = *found;
  }

  if (asked.json) {
    put_json([&](JsonObject& object) {
      object.add("id", wanted.id).add("replaced", replaced);
      if (carried) object.add("waiting", carried->waiting).add("dead_letters", carried->dead);
      if (backfill) object.add("looked_at", backfill->looked_at()).add("delivered_too", made);
      if (generated) object.add("secret", (*secret)->reveal());
    });
  } else if (generated) {
    put_out((*secret)->reveal() + "\n");
  }
  if (replaced)
    say_changes(program, change);
  else
    say(program, fmt::format("added subscription {} to {}", wanted.id, wanted.url));
  if (carried)
    say(program,
        fmt::format("{} that wait{} and {} of it belong to this URL now",
                    counted(carried->waiting, "delivery", "deliveries"), carried->waiting == 1 ? "s" : "",
                    counted(carried->dead, "dead letter", "dead letters")));
  if (generated) say(program, "the secret is shown this once; give it to the receiver");
  if (backfill)
    say(program,
        fmt::format("{} of {} that the journal holds {} it too{}", made,
                    counted(backfill->looked_at(), "event", "events"), made == 1 ? "goes to" : "go to",
                    made > 0 ? "; " + who_goes_on(program) : std::string{}));
  return ExitCode::delivered;
}

}  // namespace dispatch::cli

#include "cli/backlog.hpp"
#include "cli/listing.hpp"
#include "cli/operator_turn.hpp"
#include "cli/program.hpp"
#include "cli/subscription_changes.hpp"
#include "cli/subscription_commands.hpp"
#include "cli/subscription_fields.hpp"
#include "journal/ledger.hpp"

#include <algorithm>
#include <filesystem>
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
  const auto ledger = journal::Ledger::open(program.journal);
  if (!ledger) return tl::unexpected(ledger.error());
  Carried carried;
  DISPATCH_TRY(ledger->subscriptions([&](const journal::SubscriptionRecord& record) {
    if (record.subscription.id != id) return true;
    carried = {
        .waiting = record.tally.of(DeliveryState::pending) + record.tally.of(DeliveryState::retry_wait),
        .dead = record.tally.of(DeliveryState::dead_letter)};
    return false;
  }));
  return carried;
}

}  // namespace

Result<ExitCode> add_subscription(const Program& program, const SubscriptionAddition& asked) {
  Subscription wanted = asked.declared.subscription;
  auto headers = headers_from_lines(asked.headers);
  if (!headers) return misuse("--header: {}", headers.error().message);
  wanted.headers = std::move(*headers);
  DISPATCH_TRY(settle_definition(wanted));
  const auto secret = read_secret(asked.declared.secret);
  if (!secret) return tl::unexpected(secret.error());
  if (*secret)
    if (const auto warning = secret_warning("of subscription " + wanted.id, **secret))
      program.log->warn("{}", *warning);

  const bool generated = asked.declared.secret.generate;

  std::optional<Backlog> backlog;
  if (asked.from) {
    auto of = Backlog::of(wanted, Position{*asked.from});
    if (!of) return tl::unexpected(std::move(of).error());
    backlog = std::move(*of);
    // What is written meanwhile is looked at inside the turn.
    if (std::filesystem::exists(program.journal)) DISPATCH_TRY(backlog->read(program.journal));
  }

  bool replaced = false;
  bool moved = false;
  std::int64_t made = 0;
  DISPATCH_TRY(operator_turn(
      program.journal,
      [&](journal::Journal& journal, WallTime now) -> Result<> {
        const auto all = journal.subscriptions();
        if (!all) return tl::unexpected(all.error());
        if (const auto* before = known(*all, wanted.id)) {
          if (!asked.replace)
            return misuse(
                "there is a subscription {} already; to change it, say --replace; see what it is with: {}",
                wanted.id, command_on(program, "subscription show " + wanted.id));
          replaced = true;
          moved = before->url != wanted.url;
          wanted.secrets = before->secrets;
        }
        if (*secret)
          wanted.secrets =
              with_newest(std::move(wanted.secrets), (*secret)->reveal(), now, asked.declared.secret_keep);
        const auto no = journal.put_subscription(wanted, now);
        if (!no) return tl::unexpected(no.error());
        if (!backlog) return {};
        DISPATCH_TRY(backlog->read(program.journal));
        const auto count = journal.fan_out(Route{wanted.url, wanted.host, *no}, backlog->positions(), now);
        if (!count) return tl::unexpected(count.error());
        made = *count;
        return {};
      },
      true));

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
      if (backlog) object.add("looked_at", backlog->looked_at()).add("delivered_too", made);
      if (generated) object.add("secret", (*secret)->reveal());
    });
  } else if (generated) {
    put_out((*secret)->reveal() + "\n");
  }
  say(program,
      fmt::format("{} subscription {} to {}", replaced ? "replaced" : "added", wanted.id, wanted.url));
  if (carried)
    say(program,
        fmt::format("{} that wait{} and {} of it belong to this URL now",
                    counted(carried->waiting, "delivery", "deliveries"), carried->waiting == 1 ? "s" : "",
                    counted(carried->dead, "dead letter", "dead letters")));
  if (generated) say(program, "the secret is shown this once; give it to the receiver");
  if (backlog)
    say(program,
        fmt::format("{} of {} that the journal holds {} it too{}", made,
                    counted(backlog->looked_at(), "event", "events"), made == 1 ? "goes to" : "go to",
                    made > 0 ? "; " + who_goes_on(program) : std::string{}));
  return ExitCode::delivered;
}

}  // namespace dispatch::cli

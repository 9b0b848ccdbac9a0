#include "base/text/units.hpp"
#include "cli/commands/operator_turn.hpp"
#include "cli/commands/subscription/subscription_changes.hpp"
#include "cli/commands/subscription/subscription_commands.hpp"
#include "cli/options/suggestion.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"

#include <algorithm>
#include <functional>

namespace dispatch::cli {
namespace {

/// Acts on the subscription of that id in one turn.
Result<> with_subscription(
    const Program& program, const std::string& id,
    const std::function<Result<>(journal::Transaction&, const Subscription&, WallTime now)>& act) {
  return operator_turn(
      program, [&](journal::Journal& journal, journal::Transaction& transaction, WallTime now) -> Result<> {
        const auto all = journal.subscriptions();
        if (!all) return tl::unexpected(all.error());
        const auto found = find_subscription(program, *all, id);
        if (!found) return tl::unexpected(found.error());
        return act(transaction, *found, now);
      });
}

}  // namespace

Result<Subscription> find_subscription(const Program& program, const std::vector<Subscription>& all,
                                       std::string_view id) {
  std::vector<std::string> ids;
  for (const auto& one : all) {
    if (one.id == id) return one;
    ids.push_back(one.id);
  }
  return misuse("there is no subscription {} in {}{}; list those there are with: {}", id, program.journal,
                did_you_mean(id, ids), command_on(program, "subscription list"));
}

Result<ExitCode> remove_subscription(const Program& program, const std::string& id, bool discard, bool json) {
  std::int64_t given_up = 0;
  DISPATCH_TRY(with_subscription(
      program, id,
      [&](journal::Transaction& transaction, const Subscription& subscription, WallTime now) -> Result<> {
        const auto count = transaction.remove_subscription(subscription.no, now);
        if (!count) return tl::unexpected(count.error());
        given_up = *count;
        if (given_up == 0 || discard) return {};
        return misuse(
            "subscription {} has {} not done; nothing was removed; to give up what is not done, say "
            "--discard",
            id, counted(given_up, "delivery that is", "deliveries that are"));
      }));
  if (json)
    put_json(
        [&](JsonObject& object) { object.add("id", id).add("removed", true).add("discarded", given_up); });
  say(program, fmt::format("removed subscription {}{}", id,
                           given_up > 0 ? fmt::format("; {} given up with it",
                                                      counted(given_up, "delivery was", "deliveries were"))
                                        : std::string{}));
  return ExitCode::delivered;
}

Result<ExitCode> pause_subscription(const Program& program, const std::string& id, const std::string& reason,
                                    bool json) {
  bool was = false;
  DISPATCH_TRY(with_subscription(
      program, id,
      [&](journal::Transaction& transaction, const Subscription& subscription, WallTime now) -> Result<> {
        was = subscription.paused_at.has_value();
        return transaction.pause_subscription(subscription.no, reason, now);
      }));
  if (json)
    put_json([&](JsonObject& object) { object.add("id", id).add("paused", true).add("changed", !was); });
  say(program, was ? fmt::format("subscription {} was paused already", id)
                   : fmt::format("paused subscription {}; its deliveries wait until: {}", id,
                                 command_on(program, "subscription resume " + id)));
  return ExitCode::delivered;
}

Result<ExitCode> resume_subscription(const Program& program, const std::string& id, bool json) {
  bool was = false;
  DISPATCH_TRY(with_subscription(
      program, id,
      [&](journal::Transaction& transaction, const Subscription& subscription, WallTime now) -> Result<> {
        was = subscription.paused_at.has_value();
        return transaction.resume_subscription(subscription.no, now);
      }));
  if (json)
    put_json([&](JsonObject& object) { object.add("id", id).add("paused", false).add("changed", was); });
  say(program, was ? fmt::format("resumed subscription {}; {}", id, who_goes_on(program))
                   : fmt::format("subscription {} was not paused", id));
  return ExitCode::delivered;
}

Result<ExitCode> rotate_secret(const Program& program, const SecretRotation& asked) {
  SecretSource source = asked.secret;
  if (!source.given()) source.generate = true;
  const auto read = read_secret(source);
  if (!read) return tl::unexpected(read.error());
  if (const auto warning = secret_warning("of subscription " + asked.id, **read))
    program.log->warn("{}", *warning);
  const std::string& secret = (*read)->reveal();
  bool changed = false;
  std::size_t older = 0;
  WallTime until{};
  DISPATCH_TRY(with_subscription(
      program, asked.id,
      [&](journal::Transaction& transaction, const Subscription& subscription, WallTime now) -> Result<> {
        Subscription rotated = subscription;
        rotated.secrets = with_newest(subscription.secrets, secret, now, asked.keep);
        changed = rotated.secrets != subscription.secrets;
        older = rotated.secrets.size() - 1;
        until = now + asked.keep;
        if (const auto put = transaction.put_subscription(rotated, now); !put)
          return tl::unexpected(put.error());
        return {};
      }));
  if (asked.json) {
    put_json([&](JsonObject& object) {
      object.add("id", asked.id).add("changed", changed).add("older", static_cast<std::uint64_t>(older));
      if (older > 0) add_time(object, "older_until", until);
      if (source.generate) object.add("secret", secret);
    });
  } else if (source.generate) {
    put_out(secret + "\n");
  }
  if (!changed) {
    say(program, fmt::format("subscription {} is signed with that secret already", asked.id));
    return ExitCode::delivered;
  }
  say(program,
      fmt::format("subscription {} is signed with a new secret{}", asked.id,
                  older > 0 ? fmt::format(", and with the older until {} at the latest", format_time(until))
                            : std::string{}));
  if (source.generate) say(program, "the secret is shown this once; give it to the receiver");
  return ExitCode::delivered;
}

}  // namespace dispatch::cli

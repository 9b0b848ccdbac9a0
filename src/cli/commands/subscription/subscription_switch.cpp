#include "operations/subscriptions/subscription_switch.hpp"

#include "base/text/suggestion.hpp"
#include "base/text/units.hpp"
#include "cli/commands/operator_turn.hpp"
#include "cli/commands/subscription/subscription_commands.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "operations/views/json_fields.hpp"

#include <type_traits>
#include <utility>

namespace dispatch::cli {
namespace {

/// Opens the journal and calls `act(journal, clock)`, whose optional result is nothing where there is no
/// subscription of that id.
template <class Act>
auto act_on(const Program& program, const std::string& id, Act act)
    -> Result<typename std::invoke_result_t<Act, journal::Journal&, const Clock&>::value_type::value_type> {
  DISPATCH_ASSIGN(const auto journal, open_for_operator(program, false));
  auto done = act(*journal, SystemClock{});
  if (!done) return tl::unexpected(std::move(done).error());
  if (*done) return std::move(**done);
  DISPATCH_ASSIGN(const auto all, journal->subscriptions());
  return tl::unexpected(no_subscription(program, *all, id));
}

}  // namespace

Error no_subscription(const Program& program, const SubscriptionSet& all, std::string_view id) {
  std::vector<std::string> ids;
  ids.reserve(all.all().size());
  for (const auto& one : all.all()) ids.push_back(one->id);
  return misuse("there is no subscription {} in {}{}; list them with: {}", id, program.journal,
                did_you_mean(id, ids), command_on(program, "subscription list"))
      .value();
}

Result<ExitCode> remove_subscription(const Program& program, const std::string& id, bool discard, bool json) {
  const auto removal = act_on(program, id, [&](journal::Journal& journal, const Clock& clock) {
    return operations::remove_subscription(journal, clock, id, discard);
  });
  if (!removal) return tl::unexpected(removal.error());
  const std::int64_t given_up = removal->open;
  if (!removal->removed)
    return misuse("subscription {} has {} not done; nothing was removed; to cancel them, give --discard", id,
                  counted(given_up, "delivery that is", "deliveries that are"));
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
  const auto changed = act_on(program, id, [&](journal::Journal& journal, const Clock& clock) {
    return operations::pause_subscription(journal, clock, id, reason);
  });
  if (!changed) return tl::unexpected(changed.error());
  if (json)
    put_json([&](JsonObject& object) { object.add("id", id).add("paused", true).add("changed", *changed); });
  say(program, *changed ? fmt::format("paused subscription {}; its deliveries wait until: {}", id,
                                      command_on(program, "subscription resume " + id))
                        : fmt::format("subscription {} was paused already", id));
  return ExitCode::delivered;
}

Result<ExitCode> resume_subscription(const Program& program, const std::string& id, bool json) {
  const auto changed = act_on(program, id, [&](journal::Journal& journal, const Clock& clock) {
    return operations::resume_subscription(journal, clock, id);
  });
  if (!changed) return tl::unexpected(changed.error());
  if (json)
    put_json([&](JsonObject& object) { object.add("id", id).add("paused", false).add("changed", *changed); });
  say(program, *changed ? fmt::format("resumed subscription {}; {}", id, who_goes_on(program))
                        : fmt::format("subscription {} was not paused", id));
  return ExitCode::delivered;
}

Result<ExitCode> rotate_secret(const Program& program, const SecretRotation& asked) {
  operations::SecretSource source = asked.secret;
  if (!source.given()) source.generate = true;
  DISPATCH_ASSIGN(const auto read, operations::read_secret(source));
  if (const auto warning = operations::secret_warning("of subscription " + asked.id, *read))
    program.log->warn("{}", *warning);
  const std::string& secret = read->reveal();
  const auto rotation = act_on(program, asked.id, [&](journal::Journal& journal, const Clock& clock) {
    return operations::rotate_secret(journal, clock, asked.id, secret, asked.keep);
  });
  if (!rotation) return tl::unexpected(rotation.error());
  const auto& [changed, older, until] = *rotation;
  if (asked.json) {
    put_json([&](JsonObject& object) {
      object.add("id", asked.id).add("changed", changed).add("older", static_cast<std::uint64_t>(older));
      if (older > 0) operations::add_time(object, "older_until", until);
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

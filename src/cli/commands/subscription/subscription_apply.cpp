#include "cli/commands/subscription/subscription_apply.hpp"

#include "base/fail_point.hpp"
#include "cli/commands/operator_turn.hpp"
#include "cli/commands/subscription/subscription_commands.hpp"
#include "cli/options/secret_source.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/sqlite/files/journal_files.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "routing/shared_url.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::cli {
namespace {

using Kind = SubscriptionChange::Kind;

Result<> remove(journal::Transaction& transaction, const Subscription& subscription, bool discard,
                WallTime now) {
  const auto open = transaction.remove_subscription(subscription.no, now);
  if (!open) return tl::unexpected(open.error());
  if (*open == 0 || discard) return {};
  return misuse(
      "{} of subscription {}, which is to be removed, {} not done; nothing was changed; to give them up with "
      "it, "
      "say --discard",
      counted(*open, "delivery", "deliveries"), subscription.id, *open == 1 ? "is" : "are");
}

Result<> write(journal::Transaction& transaction, const std::vector<SubscriptionChange>& changes,
               bool discard, WallTime now) {
  for (const auto& change : changes) {
    if (change.kind == Kind::removed) {
      DISPATCH_TRY(remove(transaction, change.wanted, discard, now));
    } else if (change.kind != Kind::unchanged) {
      if (const auto put = transaction.put_subscription(change.wanted, now); !put)
        return tl::unexpected(put.error());
    }
  }
  return {};
}

/// What applying would change; a journal that is not there holds nothing.
Result<std::vector<SubscriptionChange>> rehearse(const std::string& path,
                                                 const std::vector<Declared>& declared, bool prune) {
  std::vector<Subscription> stored;
  if (journal::may_be_there(path)) {
    const auto journal = journal::SqliteJournal::open(path, {.existing_only = true});
    if (!journal) return tl::unexpected(journal.error());
    auto all = (*journal)->subscriptions();
    if (!all) return tl::unexpected(std::move(all).error());
    stored = std::move(*all);
  }
  return changes_to(stored, declared, prune, SystemClock{}.wall());
}

}  // namespace

Result<std::vector<SubscriptionChange>> apply_set(
    journal::Journal& journal, const std::vector<Declared>& declared, const SetOptions& options, WallTime now,
    const std::function<void(const std::vector<SubscriptionChange>&)>& tell) {
  // What is told must be what is done, and a reader of it must not hold up a turn.
  const auto version = journal.subscriptions_version();
  if (!version) return tl::unexpected(version.error());
  const auto stored = journal.subscriptions();
  if (!stored) return tl::unexpected(stored.error());
  auto changes = changes_to(*stored, declared, options.prune, now);
  if (!changes || !any_change(*changes)) return changes;
  tell(*changes);

  auto transaction = journal.begin();
  if (!transaction) return tl::unexpected(std::move(transaction).error());
  const auto found = journal.subscriptions_version();
  if (!found) return tl::unexpected(found.error());
  if (*found != *version)
    return fail("another process changed the subscriptions meanwhile; nothing was applied; apply them again");
  DISPATCH_TRY(write(**transaction, *changes, options.discard, now));
  fail_point(FailPoint::operator_staged);
  DISPATCH_TRY(journal::commit_durably(**transaction));
  fail_point(FailPoint::operator_committed);
  return changes;
}

void warn_of_changes(spdlog::logger& log, const std::vector<SubscriptionChange>& changes) {
  std::vector<Subscription> all;
  for (const auto& change : changes)
    if (change.kind != Kind::removed) all.push_back(change.wanted);
  for (const auto& change : changes) {
    const bool goes =
        change.kind == Kind::added || std::any_of(change.fields.begin(), change.fields.end(),
                                                  [](const auto& field) { return field.name == "url"; });
    if (const auto warning = goes ? routing::shared_url_warning(change.wanted, all) : std::nullopt)
      log.warn("{}", *warning);
    const bool named =
        change.kind == Kind::added || std::any_of(change.fields.begin(), change.fields.end(),
                                                  [](const auto& field) { return field.name == "secret"; });
    if (!named || change.wanted.secrets.empty()) continue;
    const auto warning =
        secret_warning("of subscription " + change.wanted.id, Secret{change.wanted.secrets.front().text});
    if (warning) log.warn("{}", *warning);
  }
}

Result<ExitCode> apply_subscriptions(const Program& program, const SubscriptionsToApply& asked) {
  const auto declared = read_subscriptions(asked.file);
  if (!declared) return tl::unexpected(declared.error());
  const auto tell = [&](const std::vector<SubscriptionChange>& changes) {
    if (asked.json)
      put_data(changes_json(changes));
    else
      put_out(changes_text(changes));
  };
  if (asked.dry_run) {
    const auto changes = rehearse(program.journal, *declared, asked.prune);
    if (!changes) return tl::unexpected(changes.error());
    tell(*changes);
    warn_of_changes(*program.log, *changes);
    say(program, "would be: " + changes_summary(*changes) + "; nothing was changed");
    return ExitCode::delivered;
  }
  const auto journal = journal::SqliteJournal::open(program.journal, to_change(program));
  if (!journal) return tl::unexpected(journal.error());
  const auto changes =
      apply_set(**journal, *declared, {asked.prune, asked.discard}, SystemClock{}.wall(), tell);
  if (!changes) return tl::unexpected(changes.error());
  if (const auto error = (*journal)->take_checkpoint_error())
    return fail("what was asked for is done, but {}", error->message);
  if (!any_change(*changes)) tell(*changes);
  warn_of_changes(*program.log, *changes);
  say(program, "applied " + asked.file + ": " + changes_summary(*changes));
  return ExitCode::delivered;
}

}  // namespace dispatch::cli

#include "operations/subscriptions/subscription_apply.hpp"

#include "base/fail_point.hpp"
#include "operations/subscriptions/secret_source.hpp"
#include "routing/shared_url.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace dispatch::operations {
namespace {

using Kind = SubscriptionChange::Kind;

Result<> remove(journal::Transaction& transaction, const Subscription& subscription, bool discard,
                WallTime now) {
  DISPATCH_ASSIGN(const auto open, transaction.remove_subscription(subscription.no, now));
  if (open == 0 || discard) return {};
  return misuse(
      "{} {} of subscription {}, which is to be removed, {} not done; nothing was changed; to give them up "
      "with it, say --discard",
      open, open == 1 ? "delivery" : "deliveries", subscription.id, open == 1 ? "is" : "are");
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

}  // namespace

Result<std::vector<SubscriptionChange>> apply_set(
    journal::Journal& journal, const std::vector<Declared>& declared, const SetOptions& options, WallTime now,
    const std::function<void(const std::vector<SubscriptionChange>&)>& tell) {
  // The changes are reported before the transaction, so that a slow reader does not hold up a run; the
  // version proves afterwards that they still apply.
  DISPATCH_ASSIGN(const auto stored, journal.subscriptions());
  auto changes = changes_to(*stored, declared, options.prune, now);
  if (!changes || !any_change(*changes)) return changes;
  tell(*changes);

  DISPATCH_ASSIGN(auto transaction, journal.begin());
  DISPATCH_ASSIGN(const auto found, journal.subscriptions());
  if (found->version() != stored->version())
    return fail("another process changed the subscriptions meanwhile; nothing was applied; apply them again");
  DISPATCH_TRY(write(*transaction, *changes, options.discard, now));
  fail_point(FailPoint::operator_staged);
  DISPATCH_TRY(journal::commit_durably(*transaction));
  fail_point(FailPoint::operator_committed);
  return changes;
}

std::vector<std::string> warnings_of(const std::vector<SubscriptionChange>& changes) {
  std::vector<std::string> warnings;
  std::vector<Subscription> wanted;
  for (const auto& change : changes)
    if (change.kind != Kind::removed) wanted.push_back(change.wanted);
  const SubscriptionSet all{std::move(wanted)};
  for (const auto& change : changes) {
    const bool goes =
        change.kind == Kind::added || std::any_of(change.fields.begin(), change.fields.end(),
                                                  [](const auto& field) { return field.name == "url"; });
    if (const auto warning = goes ? routing::shared_url_warning(change.wanted, all) : std::nullopt)
      warnings.push_back(*warning);
    const bool named =
        change.kind == Kind::added || std::any_of(change.fields.begin(), change.fields.end(),
                                                  [](const auto& field) { return field.name == "secret"; });
    if (!named || change.wanted.secrets.empty()) continue;
    const auto warning =
        secret_warning("of subscription " + change.wanted.id, Secret{change.wanted.secrets.front().text});
    if (warning) warnings.push_back(*warning);
  }
  return warnings;
}

}  // namespace dispatch::operations

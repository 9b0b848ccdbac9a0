#include "operations/subscriptions/subscription_switch.hpp"

#include "event/subscription.hpp"
#include "operations/commit.hpp"
#include "operations/subscriptions/subscription_changes.hpp"

#include <utility>

namespace dispatch::operations {
namespace {

/// Calls `act(transaction, subscription, now)` in one transaction, which is rolled back where that fails or
/// returns false.
template <class Act>
Result<bool> with_subscription(journal::Journal& journal, const Clock& clock, std::string_view id, Act act) {
  DISPATCH_ASSIGN(auto transaction, journal.begin());
  DISPATCH_ASSIGN(const auto all, journal.subscriptions());
  const auto found = all->find(id);
  if (!found) return false;
  const Result<bool> acted = act(*transaction, *found, clock.wall());
  if (!acted) return tl::unexpected(acted.error());
  if (*acted) DISPATCH_TRY(commit_whole(*transaction, journal));
  return true;
}

}  // namespace

Result<std::optional<bool>> pause_subscription(journal::Journal& journal, const Clock& clock,
                                               std::string_view id, const std::string& reason) {
  bool changed = false;
  const auto found = with_subscription(
      journal, clock, id,
      [&](journal::Transaction& transaction, const Subscription& subscription, WallTime now) -> Result<bool> {
        changed = !subscription.paused_at;
        DISPATCH_TRY(transaction.pause_subscription(subscription.no, reason, now));
        return true;
      });
  if (!found) return tl::unexpected(found.error());
  return *found ? std::optional{changed} : std::nullopt;
}

Result<std::optional<bool>> resume_subscription(journal::Journal& journal, const Clock& clock,
                                                std::string_view id) {
  bool changed = false;
  const auto found = with_subscription(
      journal, clock, id,
      [&](journal::Transaction& transaction, const Subscription& subscription, WallTime now) -> Result<bool> {
        changed = subscription.paused_at.has_value();
        DISPATCH_TRY(transaction.resume_subscription(subscription.no, now));
        return true;
      });
  if (!found) return tl::unexpected(found.error());
  return *found ? std::optional{changed} : std::nullopt;
}

Result<std::optional<SubscriptionRemoval>> remove_subscription(journal::Journal& journal, const Clock& clock,
                                                               std::string_view id, bool discard) {
  SubscriptionRemoval removal;
  const auto found = with_subscription(
      journal, clock, id,
      [&](journal::Transaction& transaction, const Subscription& subscription, WallTime now) -> Result<bool> {
        DISPATCH_ASSIGN(const auto open, transaction.remove_subscription(subscription.no, now));
        removal = {.removed = open == 0 || discard, .open = open};
        return removal.removed;
      });
  if (!found) return tl::unexpected(found.error());
  return *found ? std::optional{removal} : std::nullopt;
}

Result<std::optional<SecretRotation>> rotate_secret(journal::Journal& journal, const Clock& clock,
                                                    std::string_view id, const std::string& secret,
                                                    std::chrono::microseconds keep) {
  SecretRotation rotation;
  const auto found = with_subscription(
      journal, clock, id,
      [&](journal::Transaction& transaction, const Subscription& subscription, WallTime now) -> Result<bool> {
        Subscription rotated = subscription;
        rotated.secrets = with_newest(subscription.secrets, secret, now, keep);
        rotation = {.changed = rotated.secrets != subscription.secrets,
                    .older = rotated.secrets.size() - 1,
                    .until = now + keep};
        DISPATCH_TRY(transaction.put_subscription(rotated, now));
        return true;
      });
  if (!found) return tl::unexpected(found.error());
  return *found ? std::optional{rotation} : std::nullopt;
}

}  // namespace dispatch::operations

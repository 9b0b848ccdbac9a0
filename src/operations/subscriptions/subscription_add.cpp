#include "operations/subscriptions/subscription_add.hpp"

#include "operations/commit.hpp"
#include "operations/subscriptions/subscription_fields.hpp"
#include "routing/shared_url.hpp"

#include <utility>

namespace dispatch::operations {

Result<SubscriptionAdded> add_subscription(journal::Journal& journal, const Clock& clock,
                                           const SubscriptionToAdd& addition,
                                           SubscriptionBackfill* backfill) {
  if (backfill != nullptr) DISPATCH_TRY(backfill->look_ahead());
  using Refused = SubscriptionAdded::Refused;
  DISPATCH_ASSIGN(auto transaction, journal.begin());
  const WallTime now = clock.wall();
  DISPATCH_ASSIGN(const auto all, journal.subscriptions());
  Subscription wanted = addition.wanted;
  SubscriptionAdded added;
  added.shared_url = routing::shared_url_warning(wanted, *all);
  const auto before = all->find(wanted.id);
  if (before) {
    if (!addition.replace) return SubscriptionAdded{.refused = Refused::exists};
    if (!addition.former || definition_fields(*addition.former) != definition_fields(*before))
      return SubscriptionAdded{.refused = Refused::changed_meanwhile};
    added.replaced = true;
    added.moved = before->url != wanted.url;
    wanted.secrets = before->secrets;
  }
  if (addition.secret)
    wanted.secrets = with_newest(std::move(wanted.secrets), *addition.secret, now, addition.secret_keep);
  added.change = change_to(before.get(), wanted);
  DISPATCH_ASSIGN(wanted.no, transaction->put_subscription(wanted, now));
  if (before) {
    wanted.paused_at = before->paused_at;
    wanted.pause_reason = before->pause_reason;
  }
  if (backfill != nullptr) DISPATCH_TRY(backfill->begin(*transaction, wanted, now));
  if (backfill == nullptr || backfill->is_finished()) {
    DISPATCH_TRY(commit_whole(*transaction, journal));
  } else {
    DISPATCH_TRY(commit(
        *transaction, journal, backfill->made(),
        fmt::format(
            "add subscription {} again with --replace and --from for the rest, until which it is paused",
            wanted.id)));
    transaction.reset();
    DISPATCH_TRY(backfill->finish(journal, clock));
  }
  if (backfill != nullptr) added.fanned_out = backfill->made();
  return added;
}

}  // namespace dispatch::operations

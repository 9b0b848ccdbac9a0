#include "operations/subscriptions/subscription_backfill.hpp"

#include "operations/commit.hpp"
#include "operations/subscriptions/subscription_fields.hpp"

#include <algorithm>
#include <limits>
#include <memory>
#include <utility>

namespace dispatch::operations {

namespace {

bool is_paused_by_backfill(const Subscription& subscription) {
  return subscription.paused_at && subscription.pause_reason == backfill_pause_reason;
}

}  // namespace

Result<SubscriptionBackfill> SubscriptionBackfill::of(const Subscription& subscription, Position from,
                                                      const journal::JournalReader& reader,
                                                      std::size_t at_a_time) {
  auto snapshot = routing::Snapshot::make(std::make_shared<const SubscriptionSet>(std::vector{subscription}));
  if (!snapshot) return tl::unexpected(std::move(snapshot).error());
  auto catalog = std::make_shared<routing::Catalog>();
  catalog->publish(std::move(*snapshot));
  DISPATCH_ASSIGN(auto router, routing::Router::make(std::nullopt, std::move(catalog)));
  return SubscriptionBackfill{std::move(router), from, reader, at_a_time};
}

SubscriptionBackfill::SubscriptionBackfill(routing::Router router, Position from,
                                           const journal::JournalReader& reader, std::size_t at_a_time)
    : router_(std::move(router)),
      reader_(&reader),
      at_a_time_(at_a_time),
      after_(Position{std::max<std::int64_t>(from.value(), 1) - 1}) {}

Result<> SubscriptionBackfill::look_ahead() {
  return look(at_a_time_, std::nullopt, std::nullopt);
}

Result<> SubscriptionBackfill::begin(journal::Transaction& transaction, const Subscription& added,
                                     WallTime now) {
  added_ = added;
  DISPATCH_ASSIGN(until_, reader_->last_position());
  // Others wait for this transaction: what came since is looked at here only where it is little.
  if (meant_.size() < at_a_time_) DISPATCH_TRY(look(at_a_time_ - meant_.size(), at_a_time_, until_));
  DISPATCH_TRY(make(transaction, added, now));
  if (!is_finished() && !added.paused_at)
    return transaction.pause_subscription(added.no, backfill_pause_reason, now);
  return {};
}

Result<> SubscriptionBackfill::finish(journal::Journal& journal, const Clock& clock) {
  while (!is_finished()) {
    auto made = make_rest(journal, clock);
    if (made) continue;
    if (made.error().failure != Failure::usage)
      made.error().message += fmt::format(
          "; subscription {} has some of its former events, and is paused until it is added again with "
          "--replace "
          "and --from",
          added_.id);
    return made;
  }
  return {};
}

/// One transaction.
Result<> SubscriptionBackfill::make_rest(journal::Journal& journal, const Clock& clock) {
  DISPATCH_TRY(look(at_a_time_, std::nullopt, until_));
  DISPATCH_ASSIGN(auto transaction, journal.begin());
  DISPATCH_ASSIGN(const auto all, journal.subscriptions());
  const auto present = all->find(added_.no);
  if (!present)
    return misuse("subscription {} was removed by another while former events were added to it", added_.id);
  if (definition_fields(*present) != definition_fields(added_))
    return misuse(
        "subscription {} was changed by another while former events were added to it; it is paused until it "
        "is "
        "added again with --replace and --from",
        added_.id);
  DISPATCH_TRY(make(*transaction, *present, clock.wall()));
  return commit(*transaction, journal, made_, "go on");  // finish() says how
}

Result<> SubscriptionBackfill::make(journal::Transaction& transaction, const Subscription& subscription,
                                    WallTime now) {
  const auto made =
      transaction.fan_out(Route{subscription.url, subscription.host, subscription.no}, meant_, now);
  if (!made) return tl::unexpected(made.error());
  made_ += *made;
  meant_.clear();
  if (is_finished() && is_paused_by_backfill(subscription))
    return transaction.resume_subscription(subscription.no, now);
  return {};
}

Result<> SubscriptionBackfill::look(std::size_t most_meant, std::optional<std::size_t> most_looked_at,
                                    std::optional<Position> until) {
  const std::size_t limit = most_looked_at.value_or(std::numeric_limits<std::size_t>::max());
  const std::size_t enough = meant_.size() + most_meant;
  std::size_t looked_at = 0;
  bool full = false;
  Result<> looked;
  const auto reached = reader_->all(after_, {}, limit, [&](const journal::EventRecord& event) {
    if (until && event.position > *until) return false;
    const auto meant = is_meant(event);
    if (!meant) {
      looked = tl::unexpected(meant.error());
      return false;
    }
    after_ = event.position;
    ++looked_at;
    if (*meant) meant_.push_back(event.position);
    full = meant_.size() == enough || looked_at == limit;
    return !full;
  });
  if (!reached) return tl::unexpected(reached.error());
  DISPATCH_TRY(looked);
  looked_at_ += static_cast<std::int64_t>(looked_at);
  if (until && !full) after_ = std::max(after_, *until);
  return {};
}

Result<bool> SubscriptionBackfill::is_meant(const journal::EventRecord& event) {
  const Arrival arrival{view_of(event)};
  routing::RouteHold hold;
  DISPATCH_ASSIGN(const auto routes, router_.route(arrival, hold));
  return !routes.empty();
}

}  // namespace dispatch::operations

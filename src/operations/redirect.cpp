#include "operations/redirect.hpp"

#include "base/fail_point.hpp"
#include "operations/walk.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

namespace dispatch::operations {

namespace {

/// A delivery without entity is a lane of its own.
using LaneName = std::tuple<EntityNo, DestinationNo, std::int64_t, Position>;

LaneName lane_of(const journal::DeliveryRow& row) {
  const bool alone = row.entity == EntityNo{};
  return {row.entity, row.destination, row.key.generation, alone ? row.key.position : Position{}};
}

bool is_busy(const std::vector<journal::DeliveryRow>& lane) {
  return std::any_of(lane.begin(), lane.end(),
                     [](const auto& row) { return row.state == DeliveryState::in_flight; });
}

/// Redirects the lanes of what it is given, several in one transaction.
class Redirection {
 public:
  Redirection(journal::Journal& journal, const Clock& clock, const Route& to, const Manner& manner)
      : journal_(journal), clock_(clock), to_(to), manner_(manner) {}

  Result<> take(const std::vector<journal::SelectedDelivery>& found) {
    for (const auto& delivery : found) {
      if (delivery.row.subscription != SubscriptionNo{}) ++of_subscriptions_;
      if (delivery.row.subscription != SubscriptionNo{} || delivery.url == to_.url) continue;
      DISPATCH_TRY(take_lane(delivery));
      if (dead_.size() + waiting_.size() >= manner_.at_a_time) DISPATCH_TRY(commit());
    }
    return commit();
  }

  Redirected done() {
    return {.affected = count_.take(),
            .lanes = static_cast<std::int64_t>(busy_.size()),
            .of_subscriptions = of_subscriptions_};
  }

 private:
  /// The lane as it is now, in the turn in which it is changed.
  Result<> take_lane(const journal::SelectedDelivery& of) {
    const LaneName name = lane_of(of.row);
    if (busy_.contains(name) || counted_.contains(name)) return {};
    if (!manner_.dry_run && !turn_) {
      auto turn = journal::Turn::begin(journal_);
      if (!turn) return tl::unexpected(std::move(turn).error());
      turn_.emplace(std::move(*turn));
    }
    const auto lane = journal_.all_open_in_lane(of.row.key);
    if (!lane) return tl::unexpected(lane.error());
    if (is_busy(*lane)) {
      busy_.insert(name);
      return {};
    }
    // Taken already, in the turn that is open.
    if (!lane->empty() && !taken_.insert(name).second) return {};
    if (manner_.dry_run && of.row.entity != EntityNo{}) counted_.insert(name);
    for (const auto& row : *lane) {
      count_.add({.row = row, .url = of.url, .host = of.host});
      (row.state == DeliveryState::dead_letter ? dead_ : waiting_).push_back(row.key);
    }
    return {};
  }

  Result<> commit() {
    if (turn_) {
      const auto now = clock_.wall();
      const auto discarded = journal_.discard(dead_, now);
      if (!discarded) return tl::unexpected(discarded.error());
      const auto cancelled = journal_.cancel(waiting_, now);
      if (!cancelled) return tl::unexpected(cancelled.error());
      auto all = std::move(dead_);
      all.insert(all.end(), waiting_.begin(), waiting_.end());
      std::sort(all.begin(), all.end());
      const auto made = journal_.replay(all, to_, now);
      if (!made) return tl::unexpected(made.error());
      if (*made != static_cast<std::int64_t>(all.size()))
        return fail("{} of {} deliveries could be redirected; this is a bug", *made, all.size());
      fail_point(FailPoint::operator_staged);
      DISPATCH_TRY(turn_->commit());
      turn_.reset();
      fail_point(FailPoint::operator_committed);
    }
    dead_.clear();
    waiting_.clear();
    taken_.clear();
    return {};
  }

  journal::Journal& journal_;
  const Clock& clock_;
  const Route& to_;
  const Manner& manner_;
  AffectedCount count_{{}};
  std::int64_t of_subscriptions_ = 0;
  std::optional<journal::Turn> turn_;
  std::vector<journal::DeliveryKey> dead_, waiting_;  // of whole lanes, for the turn that is open
  std::set<LaneName> taken_;                          // those lanes
  std::set<LaneName> busy_;                           // no more than a run has requests under way
  std::set<LaneName> counted_;                        // in a dry run, where lanes stay and are met again
};

}  // namespace

Result<Redirected> redirect(journal::Journal& journal, const Clock& clock,
                            const journal::DeliveryFilter& meant, const std::vector<DeliveryState>& states,
                            const Route& to, const Manner& manner) {
  DISPATCH_TRY(check_names(journal, meant));
  const journal::Selection selection{.filter = meant, .states = states};
  Redirection redirection{journal, clock, to, manner};
  for (std::optional<journal::SelectionPlace> place{std::in_place}; place;) {
    auto page = journal.select(selection, *place, manner.at_a_time);
    if (!page) return tl::unexpected(std::move(page).error());
    DISPATCH_TRY(redirection.take(page->deliveries));
    place = page->next;
  }
  return redirection.done();
}

}  // namespace dispatch::operations

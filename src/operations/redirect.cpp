#include "operations/redirect.hpp"

#include "operations/commit.hpp"
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
  Redirection(journal::Journal& journal, const Clock& clock, const Route& to, const OperationOptions& options)
      : journal_(journal), clock_(clock), to_(to), options_(options) {}

  /// A page of the walk. Each lane is looked at once in it, as it is met again with each of its deliveries:
  /// to read a long lane again for each of them, in a turn, would hold up everybody who writes.
  Result<> take(const std::vector<journal::SelectedDelivery>& found) {
    std::set<LaneName> seen;
    for (const auto& delivery : found) {
      if (delivery.row.subscription != SubscriptionNo{}) ++redirected_.of_subscriptions;
      if (delivery.row.subscription != SubscriptionNo{} || delivery.url == to_.url) continue;
      const LaneName name = lane_of(delivery.row);
      if (remembered_.contains(name)) continue;
      if (!seen.insert(name).second) {
        if (options_.dry_run) count_.add(delivery);  // of a lane that could not be remembered
        continue;
      }
      DISPATCH_TRY(take_lane(name, delivery));
      if (dead_.size() + waiting_.size() >= options_.at_a_time) DISPATCH_TRY(commit());
    }
    return commit();
  }

  Redirected done() {
    redirected_.affected = count_.take();
    return std::move(redirected_);
  }

 private:
  /// The lane as it is now, in the turn in which it is changed.
  Result<> take_lane(const LaneName& name, const journal::SelectedDelivery& of) {
    if (!options_.dry_run && !transaction_) {
      DISPATCH_ASSIGN(transaction_, journal_.begin());
    }
    DISPATCH_ASSIGN(const auto lane, journal_.all_open_in_lane(of.row.key));
    if (is_busy(lane)) {
      ++redirected_.busy_lanes;
      remember(name);
      return {};
    }
    DISPATCH_ASSIGN(const auto repeated, is_repeated(lane));
    if (repeated) {
      ++redirected_.repeated_lanes;
      remember(name);
      return {};
    }
    if (options_.dry_run) {
      count_lane(name, lane, of);
      return {};
    }
    for (const auto& row : lane) {
      count_.add({.row = row, .url = of.url, .host = of.host});
      (row.state == DeliveryState::dead_letter ? dead_ : waiting_).push_back(row.key);
      if (row.key.generation > 0) claimed_.insert(row.key.position);
    }
    return {};
  }

  /// In a dry run a lane stays and is met again, so it is counted whole and remembered. Where that cannot be,
  /// each of its deliveries is counted as it is met.
  void count_lane(const LaneName& name, const std::vector<journal::DeliveryRow>& lane,
                  const journal::SelectedDelivery& of) {
    const bool alone = of.row.entity == EntityNo{};
    if (!alone && !remember(name)) {
      count_.add(of);
      return;
    }
    for (const auto& row : lane) {
      count_.add({.row = row, .url = of.url, .host = of.host});
      if (row.key.generation == 0) continue;
      if (claimed_.size() < options_.lanes_remembered)
        claimed_.insert(row.key.position);
      else
        redirected_.exact = false;
    }
  }

  /// False where as many lanes are remembered as may be.
  bool remember(const LaneName& name) {
    if (remembered_.size() >= options_.lanes_remembered) {
      redirected_.exact = false;
      return false;
    }
    remembered_.insert(name);
    return true;
  }

  /// True where an event of the lane would be at a delivery queue twice. Only replays can be: an event has
  /// one direct delivery of generation 0.
  Result<bool> is_repeated(const std::vector<journal::DeliveryRow>& lane) {
    for (const auto& row : lane) {
      if (row.key.generation == 0) return false;
      if (claimed_.contains(row.key.position)) return true;
      DISPATCH_TRY(find_queue());
      for (const auto queue : {queue_, std::optional{row.key.queue}}) {
        if (!queue) continue;
        const auto there = journal_.scan(*queue, Position{row.key.position.value() - 1}, 1);
        if (!there) return tl::unexpected(there.error());
        const bool repeated = std::any_of(there->begin(), there->end(), [&](const auto& other) {
          if (other.key.position != row.key.position || other.key == row.key) return false;
          const bool later = other.key.queue == row.key.queue && other.key.generation > row.key.generation;
          return later || !is_final(other.state);
        });
        if (repeated) return true;
      }
    }
    return false;
  }

  /// Where the new deliveries are queued; there may be no such delivery queue before the first commit.
  Result<> find_queue() {
    if (queue_ || queue_is_missing_) return {};
    const auto queues = journal_.queues(QueueNo{});
    if (!queues) return tl::unexpected(queues.error());
    const auto found = std::find_if(queues->begin(), queues->end(), [&](const journal::DeliveryQueue& queue) {
      return queue.subscription == SubscriptionNo{} && queue.host == to_.host;
    });
    queue_is_missing_ = found == queues->end();
    if (!queue_is_missing_) queue_ = found->no;
    return {};
  }

  Result<> commit() {
    if (!transaction_) return {};
    const auto now = clock_.wall();
    DISPATCH_TRY(transaction_->discard(dead_, now));
    DISPATCH_TRY(transaction_->cancel(waiting_, now));
    auto all = std::move(dead_);
    all.insert(all.end(), waiting_.begin(), waiting_.end());
    std::sort(all.begin(), all.end());
    DISPATCH_ASSIGN(const auto made, transaction_->replay(all, to_, now));
    if (made != static_cast<std::int64_t>(all.size()))
      return fail("{} of {} deliveries could be redirected; this is a bug", made, all.size());
    DISPATCH_TRY(operations::commit(*transaction_, journal_, count_.deliveries()));
    transaction_.reset();
    dead_.clear();
    waiting_.clear();
    claimed_.clear();
    queue_is_missing_ = false;
    return {};
  }

  journal::Journal& journal_;
  const Clock& clock_;
  const Route& to_;
  const OperationOptions& options_;
  Redirected redirected_;
  AffectedCount count_{{}};
  std::unique_ptr<journal::Transaction> transaction_;
  std::vector<journal::DeliveryKey> dead_, waiting_;  // of whole lanes, for the turn that is open
  std::set<Position> claimed_;     // of replays among them; in a dry run of all that were counted
  std::set<LaneName> remembered_;  // lanes that stay: those that are left, and in a dry run all of entities
  std::optional<QueueNo> queue_;
  bool queue_is_missing_ = false;  // as of the last commit
};

}  // namespace

Result<Redirected> redirect(journal::Journal& journal, const Clock& clock,
                            const journal::DeliveryFilter& meant, const std::vector<DeliveryState>& states,
                            const Route& to, const OperationOptions& options) {
  DISPATCH_TRY(check_names(journal, meant));
  const journal::Selection selection{.filter = meant, .states = states};
  Redirection redirection{journal, clock, to, options};
  for (std::optional<journal::SelectionPlace> place{std::in_place}; place;) {
    DISPATCH_ASSIGN(auto page, journal.select(selection, *place, options.at_a_time));
    DISPATCH_TRY(redirection.take(page.deliveries));
    place = page.next;
  }
  return redirection.done();
}

}  // namespace dispatch::operations

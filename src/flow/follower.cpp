#include "flow/follower.hpp"

#include "flow/intake/refresh_catalog.hpp"
#include "flow/pump/adjacent.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace dispatch::flow {
namespace {

constexpr std::size_t events_per_turn = 512;

}  // namespace

Follower::Follower(const Acceptance& context, Intake& intake, SharedStats& shared_stats)
    : context_(context), intake_(intake), shared_stats_(shared_stats) {}

Result<> Follower::turn(Mail mail) {
  intake_.take(std::move(mail.incoming));
  CommittedTurn done;
  std::vector<std::shared_ptr<const AcceptedEvent>> accepted_events;
  if (!intake_.empty()) {
    DISPATCH_ASSIGN(auto transaction, context_.journal.begin());
    DISPATCH_TRY(refresh_catalog(context_.router.catalog(), context_.journal));
    DISPATCH_TRY(intake_.append(*transaction, events_per_turn, context_.clock.wall()));
    StagedInput input = intake_.stage();
    const SteadyTime staged = context_.clock.steady();
    DISPATCH_TRY(journal::commit_durably(*transaction));
    done.commit = context_.clock.steady() - staged;
    done.taken = input.taken;
    intake_.acknowledge(input);
    accepted_events = input.take_accepted_events(context_.clock.wall(), done.commit);
    done.accepted_events = accepted_events;
  }
  if (context_.observer != nullptr) context_.observer->committed(done);
  DISPATCH_ASSIGN(const auto state_counts, context_.journal.state_counts());
  shared_stats_.update([&](RunStats& stats) { stats.state_counts = state_counts; });
  return {};
}

void Follower::follow_all() {
  all_ = true;
  intake_.positions().add_all();
}

Result<Follower::Own> Follower::own() {
  Own own;
  if (all_) {  // mostly the counts are enough
    DISPATCH_ASSIGN(const auto state_counts, context_.journal.state_counts());
    own.moving = state_counts.of(DeliveryState::in_flight) > 0;
    own.blocked = state_counts.of(DeliveryState::dead_letter);
    if (own.moving || state_counts.open() == own.blocked) return own;
    own = {};
  }
  auto& positions = intake_.positions();
  // So far: what lies below need not be asked for again, where nobody else's replays count.
  bool only_done = !all_;
  const auto ranges = positions.ranges();
  for (auto [from, to] : ranges) {
    while (from <= to) {
      DISPATCH_ASSIGN(const auto open, context_.journal.first_open(from, to));
      if (open.empty()) break;
      const Position position = open.front().key.position;
      if (only_done) positions.drop_below(position);
      only_done = false;
      for (const auto& row : open) {
        DISPATCH_ASSIGN(const auto stuck, blocked(row));
        if (!stuck) {
          own.moving = true;
          return own;
        }
        ++own.blocked;
      }
      from = after(position);
    }
    if (only_done) positions.drop_below(after(to));
  }
  return own;
}

Result<bool> Follower::blocked(const journal::DeliveryRow& row) {
  if (row.subscription != SubscriptionNo{} && row.state != DeliveryState::in_flight) {
    auto waits = paused(row.subscription);
    if (!waits || *waits) return waits;
  }
  if (row.state == DeliveryState::dead_letter) return true;
  if (row.state == DeliveryState::in_flight) return false;
  DISPATCH_ASSIGN(const auto head, context_.journal.head(row.key));
  if (!head) return false;
  if (head->state != DeliveryState::pending) return head->state == DeliveryState::dead_letter;
  if (head->entity == EntityNo{}) return false;
  DISPATCH_ASSIGN(const auto predecessor, context_.journal.predecessor(row));
  return predecessor.gap;
}

Result<bool> Follower::paused(SubscriptionNo subscription) {
  DISPATCH_ASSIGN(const auto all, refresh_catalog(context_.router.catalog(), context_.journal));
  const auto one = all->find(subscription);
  return one && one->paused_at.has_value();
}

}  // namespace dispatch::flow

#include "journal/verify/lane_audit.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::journal::audit {

std::optional<std::string> LaneAudit::take(const LaneDelivery& next) {
  for (; !skipped_.empty() && skipped_.front().last < next.sequence.value(); skipped_ = skipped_.subspan(1))
    skipped_turn_ = std::max(skipped_turn_, skipped_.front().turn);

  std::optional<std::string> wrong;
  const auto done_too_late = [&](const std::optional<LaneDelivery>& done) {
    return done && next.first_began_turn >= done->made_turn && next.first_began_turn < done->done_turn;
  };
  if (next.begun && open_longest_ && next.first_began_turn >= open_longest_->made_turn) {
    wrong = fmt::format("it was sent before {}, which is not done", open_longest_->sequence.value());
  } else if (next.begun && lowest_gap_ && *lowest_gap_ < next.sequence.value()) {
    wrong = fmt::format("it was sent although {} has not arrived", *lowest_gap_);
  } else if (next.begun && (done_too_late(latest_) || done_too_late(latest_late_))) {
    const LaneDelivery& done = done_too_late(latest_) ? *latest_ : *latest_late_;
    wrong = fmt::format("it was sent at turn {} and {} was done at turn {}", next.first_began_turn,
                        done.sequence.value(), done.done_turn);
  } else if (next.begun && next.first_began_turn <= skipped_turn_) {
    wrong = fmt::format("it was sent at turn {} and a gap before it was skipped at turn {}",
                        next.first_began_turn, skipped_turn_);
  }
  if (next.begun) {
    // What follows it waits for nothing that was made below it later.
    if (open_longest_ && next.first_began_turn < open_longest_->made_turn) open_longest_.reset();
    if (latest_late_ && next.first_began_turn < latest_late_->made_turn) latest_late_.reset();
  }
  if (next.is_open()) {
    if (!head_) head_ = next;
    if (!open_longest_ || next.made_turn < open_longest_->made_turn) open_longest_ = next;
  } else if (next.begun) {
    auto& latest = next.made_turn == 0 ? latest_ : latest_late_;
    if (!latest || latest->done_turn < next.done_turn) latest = next;
  }
  return wrong;
}

bool LaneAudit::head_waits() const {
  if (!head_) return false;
  return head_->state != static_cast<std::int64_t>(DeliveryState::pending) ||
         (lowest_gap_ && *lowest_gap_ < head_->sequence.value());
}

}  // namespace dispatch::journal::audit

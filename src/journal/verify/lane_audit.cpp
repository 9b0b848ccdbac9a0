#include "journal/verify/lane_audit.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::journal::audit {

std::optional<std::string> LaneAudit::take(const LaneDelivery& next) {
  for (; !skipped_.empty() && skipped_.front().last < next.sequence.value(); skipped_ = skipped_.subspan(1))
    skipped_turn_ = std::max(skipped_turn_, skipped_.front().turn);

  std::optional<std::string> wrong;
  if (next.begun && head_) {
    wrong = fmt::format("it was sent before {}, which is not done", head_->sequence.value());
  } else if (next.begun && lowest_gap_ && *lowest_gap_ < next.sequence.value()) {
    wrong = fmt::format("it was sent although {} has not arrived", *lowest_gap_);
  } else if (next.begun && latest_ && next.first_began_turn < latest_->done_turn) {
    wrong = fmt::format("it was sent at turn {} and {} was done at turn {}", next.first_began_turn,
                        latest_->sequence.value(), latest_->done_turn);
  } else if (next.begun && next.first_began_turn <= skipped_turn_) {
    wrong = fmt::format("it was sent at turn {} and a gap before it was skipped at turn {}",
                        next.first_began_turn, skipped_turn_);
  }
  if (next.is_open()) {
    if (!head_) head_ = next;
  } else if (next.begun && (!latest_ || latest_->done_turn < next.done_turn)) {
    latest_ = next;
  }
  return wrong;
}

bool LaneAudit::head_waits() const {
  if (!head_) return false;
  return head_->state != static_cast<std::int64_t>(DeliveryState::pending) ||
         (lowest_gap_ && *lowest_gap_ < head_->sequence.value());
}

}  // namespace dispatch::journal::audit

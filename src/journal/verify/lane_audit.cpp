#include "journal/verify/lane_audit.hpp"

#include <fmt/format.h>

namespace dispatch::journal::audit {

std::optional<std::string> LaneAudit::take(const LaneDelivery& next) {
  std::optional<std::string> wrong;
  if (next.begun && head_) {
    wrong = fmt::format("it was sent before {}, which is not done", head_->sequence.value());
  } else if (next.begun && lowest_gap_ && *lowest_gap_ < next.sequence.value()) {
    wrong = fmt::format("it was sent although {} has not arrived", *lowest_gap_);
  } else if (next.begun && latest_ && next.first_began_turn < latest_->last_ended_turn) {
    wrong = fmt::format("it was sent at turn {} and the outcome of {} was committed at turn {}",
                        next.first_began_turn, latest_->sequence.value(), latest_->last_ended_turn);
  }
  if (next.is_open()) {
    if (!head_) head_ = next;
  } else if (next.begun && (!latest_ || latest_->last_ended_turn < next.last_ended_turn)) {
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

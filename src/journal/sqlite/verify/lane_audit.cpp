#include "journal/sqlite/verify/lane_audit.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::journal::audit {

std::optional<std::string> LaneAudit::take(const LaneDelivery& next) {
  for (; !skipped_.empty() && skipped_.front().last < next.sequence.value(); skipped_ = skipped_.subspan(1))
    skipped_turn_ = std::max(skipped_turn_, skipped_.front().turn);

  auto fault = next.begun ? fault_of(next) : std::nullopt;
  if (next.is_open()) {
    if (!head_) head_ = next;
    const auto [longest, is_first] = open_longest_.try_emplace(next.destination, next);
    if (!is_first && next.made_turn < longest->second.made_turn) longest->second = next;
  } else if (next.begun || next.done_turn > 0) {
    const auto [latest, is_first] = done_last_.try_emplace({next.made_turn, next.destination}, next);
    if (!is_first && latest->second.done_turn < next.done_turn) latest->second = next;
  }
  return fault;
}

std::optional<std::string> LaneAudit::fault_of(const LaneDelivery& next) const {
  if (const LaneDelivery* open = open_at(next.last_began_turn, next))
    return fmt::format("it was sent before {}, which is not done", open->sequence.value());
  if (lowest_gap_ && *lowest_gap_ < next.sequence.value())
    return fmt::format("it was sent although {} has not arrived", *lowest_gap_);
  for (const auto turn : {next.first_began_turn, next.last_began_turn}) {
    if (const LaneDelivery* below = done_after(turn, next))
      return fmt::format("it was sent at turn {} and {} was done at turn {}", turn, below->sequence.value(),
                         below->done_turn);
  }
  if (next.first_began_turn <= skipped_turn_) {
    return fmt::format("it was sent at turn {} and a gap before it was skipped at turn {}",
                       next.first_began_turn, skipped_turn_);
  }
  return std::nullopt;
}

const LaneDelivery* LaneAudit::done_after(std::int64_t turn, const LaneDelivery& next) const {
  for (const auto& [made, below] : done_last_)
    if (holds_back(below, turn, next) && turn < below.done_turn) return &below;
  return nullptr;
}

const LaneDelivery* LaneAudit::open_at(std::int64_t turn, const LaneDelivery& next) const {
  for (const auto& [destination, below] : open_longest_)
    if (holds_back(below, turn, next)) return &below;
  return nullptr;
}

bool LaneAudit::holds_back(const LaneDelivery& below, std::int64_t turn, const LaneDelivery& next) const {
  if (turn > lanes_turn_) return below.made_turn <= turn;
  // Where one went before is not known of what was tried again since.
  const auto went_there = [&](const LaneDelivery& one) {
    return !one.begun || one.last_began_turn <= lanes_turn_;
  };
  return below.made_turn <= turn && below.destination == next.destination && went_there(below) &&
         went_there(next);
}

bool LaneAudit::head_waits() const {
  if (!head_) return false;
  return head_->state != static_cast<std::int64_t>(DeliveryState::pending) ||
         (lowest_gap_ && *lowest_gap_ < head_->sequence.value());
}

}  // namespace dispatch::journal::audit

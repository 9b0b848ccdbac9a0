#pragma once

#include "base/clock.hpp"
#include "journal/records.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::operations {

/// One delivery's attempts, in their order, and when the next is due. Borrows the delivery and the attempts.
class AttemptHistory {
 public:
  AttemptHistory(const journal::DeliveryRecord& delivery, const std::vector<journal::AttemptRecord>& all)
      : delivery_(delivery) {
    for (const auto& attempt : all)
      if (attempt.key == delivery.key) attempts_.push_back(&attempt);
  }

  const std::vector<const journal::AttemptRecord*>& attempts() const { return attempts_; }

  /// When the try after the `index`th attempt began or is due; nothing where there is none, or not yet.
  std::optional<WallTime> next_at(std::size_t index) const {
    if (index + 1 < attempts_.size()) return attempts_[index + 1]->began_at;
    if (delivery_.attempts > attempts_[index]->number || delivery_.state != DeliveryState::retry_wait)
      return std::nullopt;
    return delivery_.state_at;
  }

  const journal::DeliveryRecord& delivery() const { return delivery_; }

 private:
  const journal::DeliveryRecord& delivery_;
  std::vector<const journal::AttemptRecord*> attempts_;
};

/// The id of the event's trace; empty where it has none.
std::string trace_text(const journal::EventRecord& event);

/// The id of the span of an attempt's request; empty where the event has no trace.
std::string span_text(const journal::EventRecord& event, const journal::AttemptRecord& attempt);

/// Each attempt of the event as a JSON object.
std::vector<std::string> attempts_json(const journal::EventRecord& event,
                                       const std::vector<journal::AttemptRecord>& attempts);
/// And each thing that an operator did to one of its deliveries.
std::vector<std::string> actions_json(const journal::EventRecord& event);

}  // namespace dispatch::operations

#pragma once

#include "base/clock.hpp"
#include "journal/records.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::operations {

/// The attempts of one delivery, in order, and when the next one is due. Borrows the delivery and the
/// attempts.
class AttemptHistory {
 public:
  AttemptHistory(const journal::DeliveryRecord& delivery, const std::vector<journal::AttemptRecord>& all)
      : delivery_(delivery) {
    for (const auto& attempt : all)
      if (attempt.key == delivery.key) attempts_.push_back(&attempt);
  }

  const std::vector<const journal::AttemptRecord*>& attempts() const { return attempts_; }

  /// When the attempt after the one with this index began or is due; nothing if there is none, or it is not
  /// known yet.
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

/// The trace id of the event; empty if it has no trace.
std::string trace_text(const journal::EventRecord& event);

/// The span id of an attempt's request; empty if the event has no trace.
std::string span_text(const journal::EventRecord& event, const journal::AttemptRecord& attempt);

/// Each attempt of the event as a JSON object.
std::vector<std::string> attempts_json(const journal::EventRecord& event,
                                       const std::vector<journal::AttemptRecord>& attempts);
/// Each operator action on a delivery of the event as a JSON object.
std::vector<std::string> actions_json(const journal::EventRecord& event);

}  // namespace dispatch::operations

#pragma once

#include "base/clock.hpp"
#include "delivery/span_protocol.hpp"
#include "event/delivery_state.hpp"
#include "event/ids.hpp"
#include "event/outcome.hpp"
#include "tracing/trace_context.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::flow {

/// What a delivery waits for.
enum class WaitReason : std::uint8_t {
  order,     ///< what comes before it in its lane
  permit,    ///< a request more at its host, or in all, or at a time to its destination
  rate,      ///< of its destination
  circuit,   ///< of its destination, to close
  retry,     ///< the time after a failure
  throttle,  ///< of its destination, which has asked for time, or was down
};
inline constexpr std::array<std::string_view, 6> wait_reason_names{"order",   "permit", "rate",
                                                                   "circuit", "retry",  "throttle"};
constexpr std::string_view to_string(WaitReason reason) {
  return wait_reason_names[static_cast<std::size_t>(reason)];
}

/// One stretch of waiting, longer than zero.
struct Wait {
  WaitReason why = WaitReason::order;
  WallTime from{}, until{};
};

/// When a delivery reached each stage of the window, in times of turns. 0: not known.
struct Timestamps {
  WallTime loaded{};                           ///< into the window
  WallTime head{};                             ///< it is first in its lane
  WallTime let_through{};                      ///< by the limiter of its destination, where there is one
  WaitReason before_head = WaitReason::order;  ///< what it waited for before it came to the head
  WaitReason at_limiter = WaitReason::permit;  ///< what it waited for at the limiter
};

/// Texts in one allocation.
template <std::size_t count>
class Texts {
 public:
  /// Stores the texts in the order given.
  void assign(const std::array<std::string_view, count>& texts) {
    std::size_t size = 0;
    for (const auto text : texts) size += text.size();
    all_.reserve(size);
    all_.clear();
    for (std::size_t i = 0; i < count; ++i) {
      all_ += texts[i];
      ends_[i] = all_.size();
    }
  }
  std::string_view operator[](std::size_t which) const {
    const std::size_t begin = which == 0 ? 0 : ends_[which - 1];
    return std::string_view{all_}.substr(begin, ends_[which] - begin);
  }

 private:
  std::string all_;
  std::array<std::size_t, count> ends_{};
};

/// An accepted event, as observers receive it. Absent texts are empty.
struct AcceptedEvent {
  enum Text : std::size_t { event_id, entity_id, correlation_id, text_count };

  Texts<text_count> texts;
  tracing::TraceContext trace;  ///< its own span
  tracing::SpanId parent{};     ///< in the same trace, of its sender; zero: none
  WallTime from{};              ///< when the run had it
  WallTime staged{};            ///< when the commit began
  WallTime committed{};         ///< and ended
};

/// One attempt to deliver, as observers receive it: what identifies it, what it waited for, and how it ended.
/// It holds nothing of payloads, headers and secrets. Absent texts are empty.
struct AttemptTrace {
  enum Text : std::size_t { event_id, entity_id, correlation_id, subscription, host, url, text_count };

  Texts<text_count> texts;  ///< `url` only where the trace is recorded; all of it, query and user included
  std::optional<SequenceNumber> sequence;
  unsigned attempt = 1;  ///< counted over the delivery's whole life
  std::int64_t generation = 0;
  tracing::TraceContext trace;  ///< of the request
  tracing::SpanId ingest{};     ///< the event's own span, in the same trace
  /// That of the transport where the trace is recorded. Never null.
  const delivery::SpanProtocol* protocol = &delivery::plain_protocol();

  std::array<Wait, 4> waits{};  ///< before it began, the first `waited` of them
  std::size_t waited = 0;
  WallTime staged{};             ///< when the commit of its intent began
  WallTime sent{};               ///< and ended: the request was handed over
  bool with_acceptance = false;  ///< the same commit accepted the event

  WallTime ended{};  ///< when the outcome was taken in
  Transition by = Transition::succeed;
  WallTime due{};  ///< of the next attempt, where there is to be one
  OutcomeKind outcome = OutcomeKind::unknown;
  std::string_view outcome_name;  ///< as outcome_name() has it; a constant
  int status = 0, code = 0;       ///< as those of Outcome
  std::string error;  ///< what went wrong on the way; empty on an answer, and where nothing was sent
  std::chrono::microseconds took{0};

  /// Adds the wait if it is longer than zero.
  void add_wait(WaitReason why, WallTime from, WallTime until) {
    if (until > from && waited < waits.size()) waits[waited++] = {why, from, until};
  }
};

}  // namespace dispatch::flow

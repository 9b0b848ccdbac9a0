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
  order,     ///< an earlier delivery in its lane
  permit,    ///< a free permit: at its host, in the whole run, or at its destination
  rate,      ///< the rate limit of its destination
  circuit,   ///< the open circuit of its destination
  retry,     ///< the retry delay after a failure
  throttle,  ///< its destination has asked for time or was down
};
inline constexpr std::array<std::string_view, 6> wait_reason_names{"order",   "permit", "rate",
                                                                   "circuit", "retry",  "throttle"};
constexpr std::string_view to_string(WaitReason reason) {
  return wait_reason_names[static_cast<std::size_t>(reason)];
}

/// One period of waiting, longer than zero.
struct Wait {
  WaitReason why = WaitReason::order;
  WallTime from{}, until{};
};

/// When a delivery reached each stage of the window, as times of turns. 0: not known.
struct Timestamps {
  WallTime loaded{};       ///< loaded into the window
  WallTime head{};         ///< became the first in its lane
  WallTime let_through{};  ///< released by the limiter of its destination; 0 without a limiter
  WaitReason before_head = WaitReason::order;  ///< what it waited for before it became the head
  WaitReason at_limiter = WaitReason::permit;  ///< what it waited for at the limiter
};

/// Several texts in one allocation.
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
  WallTime from{};              ///< when the run received it
  WallTime staged{};            ///< when the commit began
  WallTime committed{};         ///< when the commit ended
};

/// One attempt to deliver, as observers receive it: its identity, what it waited for, and how it ended. It
/// contains no payload, headers or secrets. Absent texts are empty.
struct AttemptTrace {
  enum Text : std::size_t { event_id, entity_id, correlation_id, subscription, host, url, text_count };

  Texts<text_count> texts;  ///< `url` only if the trace is recorded; the complete URL, with query and user
  std::optional<SequenceNumber> sequence;
  unsigned attempt = 1;  ///< number of the attempt over the delivery's whole life
  std::int64_t generation = 0;
  tracing::TraceContext trace;  ///< trace context of the request
  tracing::SpanId ingest{};     ///< the event's own span, in the same trace
  /// The transport's protocol if the trace is recorded. Never null.
  const delivery::SpanProtocol* protocol = &delivery::plain_protocol();

  std::array<Wait, 4> waits{};  ///< waits before the attempt began; the first `waited` are set
  std::size_t waited = 0;
  WallTime staged{};             ///< when the commit of its intent began
  WallTime sent{};               ///< when that commit ended and the request was handed over
  bool with_acceptance = false;  ///< true: the same commit accepted the event

  WallTime ended{};  ///< when the dispatcher received the outcome
  Transition by = Transition::succeed;
  WallTime due{};  ///< when the next attempt is due, if there will be one
  OutcomeKind outcome = OutcomeKind::unknown;
  std::string_view outcome_name;      ///< result of outcome_name(); a constant
  int status = 0, code = 0;           ///< as in Outcome
  std::string_view protocol_version;  ///< as in Outcome
  std::string error;                  ///< the transport error; empty for an answer, and if nothing was sent
  std::chrono::microseconds took{0};

  /// Adds the wait if it is longer than zero.
  void add_wait(WaitReason why, WallTime from, WallTime until) {
    if (until > from && waited < waits.size()) waits[waited++] = {why, from, until};
  }
};

}  // namespace dispatch::flow

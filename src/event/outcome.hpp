#pragma once

#include "base/clock.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

/// How an attempt ended. The numbers are stored in the journal and never change their meaning.
enum class OutcomeKind : std::uint8_t {
  answered = 0,       ///< status and headers of an HTTP answer came whole; `status` tells
  timeout = 1,        ///< no whole answer in time
  connect_error = 2,  ///< name, route, refused, TLS: the request was not sent
  broken = 3,         ///< the connection ended or spoke nonsense after the request went out
  refused = 4,        ///< we did not send: the destination is not allowed or cannot be requested at all
  unknown = 5,        ///< the process ended, or was told to, before an outcome was recorded
  withdrawn = 6,      ///< the run was told to stop before the request began: surely not sent
  local_failure = 7,  ///< not sent: this machine had no memory, process or descriptor to make the request
  not_meant = 8,      ///< not sent: the subscription's filter excludes the event
  throttled = 9,      ///< answered, with a wish for time that is granted: spends no attempt. A transport
                      ///< reports it as answered
  acknowledged = 10,  ///< a broker has taken it and says so: a success, without a status
  declined = 11,      ///< a broker answered that it has not taken it; `code` and `error` tell why
};

inline constexpr std::array<std::string_view, 12> outcome_kind_names{
    "answered",  "timeout",       "connect_error", "broken",    "refused",      "unknown",
    "withdrawn", "local_failure", "not_meant",     "throttled", "acknowledged", "declined"};
constexpr std::string_view to_string(OutcomeKind kind) {
  return outcome_kind_names[static_cast<std::size_t>(kind)];
}

/// Where the time of one attempt went; each from the start of the attempt, absent where it did not get so
/// far.
struct AttemptTimings {
  std::optional<std::chrono::microseconds> name_resolved, connected, tls_ready, first_byte;
};

/// What is stored and shown of Outcome::error has no more bytes.
inline constexpr std::size_t outcome_error_most = 300;

/// One attempt's outcome, as the transport saw it. Judged by policy/classify.hpp: an HTTP status means what
/// the policy says it means; of a broker's answer its transport knows, as each protocol has its own codes.
struct Outcome {
  OutcomeKind kind = OutcomeKind::unknown;
  int status = 0;          ///< HTTP status where answered or throttled, else 0
  int code = 0;            ///< where declined: the number of the error in its protocol; else 0. Not stored
  bool permanent = false;  ///< where declined: no other attempt makes sense. Not stored
  std::string error;  ///< what went wrong, for people, without any of the payload, where declined with the
                      ///< code and its name; empty on another answer
  std::optional<std::chrono::microseconds> retry_after;  ///< what the answer asked for, as time from now
  std::chrono::microseconds took{0};                     ///< the whole attempt
  AttemptTimings timings;
  std::string address;  ///< the address connected to; empty if none
  std::string excerpt;  ///< the first bytes of the answer's body
};

}  // namespace dispatch

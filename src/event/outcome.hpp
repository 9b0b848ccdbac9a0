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
  answered = 0,       ///< status and headers of an HTTP answer are complete; see `status`
  timeout = 1,        ///< no complete answer in time
  connect_error = 2,  ///< name look-up, routing, connection or TLS failed: the request was not sent
  broken = 3,         ///< the connection ended, or the answer was invalid, after the request was sent
  refused = 4,        ///< not sent: the destination is not allowed or cannot be requested
  unknown = 5,        ///< the process ended, or was aborted, before an outcome was recorded
  withdrawn = 6,      ///< not sent: the run was told to stop before the request began
  local_failure = 7,  ///< not sent: this machine had no memory, process or descriptor for the request
  not_meant = 8,      ///< not sent: the subscription's filter excludes the event
  throttled = 9,      ///< answered; asks for time, and uses up no attempt. Transports report `answered`
  acknowledged = 10,  ///< a broker has accepted the event: a success without a status
  declined = 11,      ///< a broker has refused the event; see `code` and `error`
};

inline constexpr std::array<std::string_view, 12> outcome_kind_names{
    "answered",  "timeout",       "connect_error", "broken",    "refused",      "unknown",
    "withdrawn", "local_failure", "not_meant",     "throttled", "acknowledged", "declined"};
constexpr std::string_view to_string(OutcomeKind kind) {
  return outcome_kind_names[static_cast<std::size_t>(kind)];
}

/// Times within one attempt, each from the start of the attempt; absent if the attempt did not get that far.
struct AttemptTimings {
  std::optional<std::chrono::microseconds> name_resolved, connected, tls_ready, first_byte;
};

/// Maximum number of bytes of Outcome::error that are stored and shown.
inline constexpr std::size_t outcome_error_most = 300;

/// The outcome of one attempt, as the transport saw it. policy/classify.hpp decides what it means: for an
/// HTTP status by the policy; for a broker's answer the transport knows, because each protocol has its own
/// codes.
struct Outcome {
  OutcomeKind kind = OutcomeKind::unknown;
  int status = 0;          ///< HTTP status if answered or throttled, else 0
  int code = 0;            ///< if declined: the error code of the protocol; else 0. Not stored
  bool permanent = false;  ///< if declined: another attempt is pointless. Not stored
  /// The error for people, without any of the payload; if declined, with the code and its name. Empty for
  /// other answers.
  std::string error;
  std::optional<std::chrono::microseconds> retry_after;  ///< time from now that the answer asked for
  std::chrono::microseconds took{0};                     ///< duration of the whole attempt
  AttemptTimings timings;
  std::string address;  ///< the address connected to; empty if none
  /// The version of the protocol that the answer came in, if it is not the usual one of the transport; a
  /// constant. Not stored.
  std::string_view protocol_version{};
  std::string excerpt;  ///< the first bytes of the answer's body
};

}  // namespace dispatch

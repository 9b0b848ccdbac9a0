#pragma once

#include "base/clock.hpp"
#include "delivery/http/direct/deadlines.hpp"
#include "delivery/http/http2/http2_answer.hpp"
#include "delivery/http/http_options.hpp"
#include "event/outcome.hpp"
#include "event/outgoing.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

namespace dispatch::delivery {

class Http2Connection;

/// One attempt over HTTP/2, from its begin to its outcome: it waits for a connection, and is then a stream of
/// it. Must not move.
struct Http2Request {
  explicit Http2Request(const HttpOptions& options) : answer(options) {}

  Outgoing outgoing;
  SteadyTime started{};  ///< of the attempt
  std::chrono::milliseconds timeout{0};
  SteadyTime deadline{};  ///< in the time of the StallAwareClock
  AttemptTimings timings;
  std::string place;      ///< which connections may serve it
  unsigned refusals = 0;  ///< how often a server has said that it did not process it

  Http2Connection* connection = nullptr;  ///< null: it waits for one
  std::int32_t stream = 0;
  SteadyTime submitted{};
  std::size_t sent = 0;        ///< bytes of the payload
  bool was_refused = false;    ///< the server did not process it
  bool reset_by_peer = false;  ///< the server ended the stream early
  Http2Answer answer;

  DeadlineHook<Http2Request> of_deadline{*this};

  bool is_sent() const { return sent == outgoing.payload.size(); }
};

/// The outcome of a request that is answered, or else one of kind `broken` whose error is still to be said.
Outcome outcome_of(Http2Request& request, const std::string& address, const Clock& clock);

/// Why the request has no answer, for a stream that was closed with this code (RFC 9113, 7).
std::string explain_close(const Http2Request& request, std::uint32_t code, const HttpOptions& options);

}  // namespace dispatch::delivery

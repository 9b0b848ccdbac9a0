#include "delivery/http/http2/http2_request.hpp"

#include "delivery/http/retry_after.hpp"

#include <fmt/format.h>
#include <nghttp2/nghttp2.h>

namespace dispatch::delivery {

Outcome outcome_of(Http2Request& request, const std::string& address, const Clock& clock) {
  Outcome outcome;
  outcome.kind = OutcomeKind::broken;
  outcome.address = address;
  outcome.timings = request.timings;
  outcome.took =
      std::chrono::floor<std::chrono::microseconds>(std::chrono::steady_clock::now() - request.started);
  if (!request.answer.is_answered()) return outcome;
  outcome.kind = OutcomeKind::answered;
  outcome.status = request.answer.status();
  outcome.protocol_version = "2";
  outcome.excerpt = request.answer.take_excerpt();
  const bool success = outcome.status >= 200 && outcome.status <= 299;
  if (!success && !request.answer.retry_after().empty())
    outcome.retry_after = parse_retry_after(request.answer.retry_after(), clock.wall());
  return outcome;
}

std::string explain_close(const Http2Request& request, std::uint32_t code, const HttpOptions& options) {
  if (request.answer.headers_too_large())
    return fmt::format("the answer's headers are longer than {} bytes", options.headers_most);
  if (request.was_refused)
    return fmt::format("the server refused the request {} times and did not process it", request.refusals);
  if (code == NGHTTP2_HTTP_1_1_REQUIRED)
    return "the server wants HTTP/1.1 for this request (HTTP_1_1_REQUIRED)";
  if (code == NGHTTP2_NO_ERROR) return "the server ended the stream without an answer";
  if (request.reset_by_peer)
    return fmt::format("the server reset the stream: {}", nghttp2_http2_strerror(code));
  return fmt::format("the answer is not valid HTTP/2: {}", nghttp2_http2_strerror(code));
}

}  // namespace dispatch::delivery

#include "delivery/http/ending.hpp"

#include <string_view>

#include <fmt/format.h>

namespace dispatch::delivery {

OutcomeKind kind_of_failure(CURLcode code, bool request_out) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return OutcomeKind::timeout;
    case CURLE_URL_MALFORMAT:
      return OutcomeKind::refused;
    case CURLE_UNSUPPORTED_PROTOCOL:  // of the URL, or an answer that is not HTTP
      return request_out ? OutcomeKind::broken : OutcomeKind::refused;
    default:
      return request_out ? OutcomeKind::broken : OutcomeKind::connect_error;
  }
}

std::string explain_failure(CURLcode code, const char* detail) {
  const std::string_view name = curl_easy_strerror(code);
  const std::string_view more = detail;
  if (more.empty() || more == name) return std::string{name};
  return fmt::format("{}: {}", name, more);
}

Outcome cut_off() {
  Outcome outcome;
  outcome.kind = OutcomeKind::unknown;
  outcome.error = "cut off by this program before an outcome was known";
  return outcome;
}

}  // namespace dispatch::delivery

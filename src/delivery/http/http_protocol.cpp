#include "delivery/http/http_protocol.hpp"

#include <charconv>
#include <string>

namespace dispatch::delivery {
namespace {

class HttpProtocol final : public SpanProtocol {
 public:
  std::string_view name() const override { return "POST"; }
  tracing::SpanKind kind() const override { return tracing::SpanKind::client; }
  void describe(const AttemptFacts& attempt, tracing::SpanAttributes& attributes) const override {
    attributes.add("http.request.method", "POST");
    if (attempt.status > 0) attributes.add("http.response.status_code", std::int64_t{attempt.status});
    if (!attempt.protocol_version.empty())
      attributes.add("network.protocol.version", attempt.protocol_version);
    else if (attempt.status > 0)
      attributes.add("network.protocol.version", "1.1");
    attributes.add("server.address", attempt.host);
    attributes.add("server.port", http_port_of(attempt.url));
    attributes.add("url.full", attempt.shown_url);
    if (attempt.attempt > 1) attributes.add("http.request.resend_count", std::int64_t{attempt.attempt} - 1);
    if (!attempt.failed) return;
    if (attempt.status > 0)
      attributes.add_copy("error.type", std::to_string(attempt.status));
    else
      attributes.add("error.type", attempt.outcome_name);
  }
};

}  // namespace

const SpanProtocol& http_protocol() {
  static const HttpProtocol http;
  return http;
}

std::int64_t http_port_of(std::string_view url) {
  const bool secure = url.starts_with("https:");
  const auto begin = url.find("//");
  std::int64_t port = secure ? 443 : 80;
  if (begin == std::string_view::npos) return port;
  const auto authority = url.substr(begin + 2, url.find_first_of("/?#", begin + 2) - begin - 2);
  const auto colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos) return port;
  std::from_chars(authority.data() + colon + 1, authority.data() + authority.size(), port);
  return port;
}

}  // namespace dispatch::delivery

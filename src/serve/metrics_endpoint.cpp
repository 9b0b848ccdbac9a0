#include "serve/metrics_endpoint.hpp"

#include <string_view>

namespace dispatch::serve {
namespace {

constexpr std::string_view plain{"text/plain; charset=utf-8"};

Response text(int status, std::string body, std::string_view type = plain) {
  return {.status = status, .headers = {{"Content-Type", std::string{type}}}, .body = std::move(body)};
}

}  // namespace

Response MetricsEndpoint::answer(const Request& request) const {
  if (const auto host = request.header("Host"); host && !hosts_.allows(*host))
    return text(421, "not served under this host name; --metrics-host of dispatch-run(1) allows it\n");
  const std::string_view target{request.target};
  const auto path = target.substr(0, target.find('?'));
  if (path != "/metrics" && path != "/healthz") return text(404, "see /metrics and /healthz\n");
  if (request.method != "GET" && request.method != "HEAD") {
    auto response = text(405, "only GET and HEAD\n");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  if (path == "/healthz") {
    const auto trouble = trouble_();
    return trouble ? text(503, *trouble + "\n") : text(200, "ok\n");
  }
  const auto format = metrics::acceptable(request.header("Accept").value_or(""));
  return text(200, metrics_(format), metrics::content_type(format));
}

}  // namespace dispatch::serve

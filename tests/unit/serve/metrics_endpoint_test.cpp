#include "serve/metrics_endpoint.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::serve;

namespace {

MetricsEndpoint endpoint(std::optional<std::string> trouble = {}) {
  return {[](metrics::Format format) {
            return std::string{format == metrics::Format::text ? "text\n" : "openmetrics\n"};
          },
          [trouble] { return trouble; }, AllowedHosts{{"Monitor.Test"}}};
}

Request get(const std::string& target, const std::string& accept = {}) {
  Request request{.method = "GET", .target = target, .headers = {}, .body = {}};
  if (!accept.empty()) request.headers.emplace_back("accept", accept);
  return request;
}

std::string type_of(const Response& response) {
  for (const auto& [name, value] : response.headers)
    if (name == "Content-Type") return value;
  return {};
}

}  // namespace

TEST_CASE("metrics come in the format that is asked for and say which") {
  const auto plain = endpoint().answer(get("/metrics?collect=all"));
  CHECK(plain.status == 200);
  CHECK(plain.body == "text\n");
  CHECK(type_of(plain) == "text/plain; version=0.0.4; charset=utf-8");
  const auto open = endpoint().answer(get("/metrics", "application/openmetrics-text"));
  CHECK(open.body == "openmetrics\n");
  CHECK(type_of(open) == "application/openmetrics-text; version=1.0.0; charset=utf-8");
}

TEST_CASE("health is told and what is wrong too") {
  CHECK(endpoint().answer(get("/healthz")).status == 200);
  const auto ill = endpoint("nothing moves").answer(get("/healthz"));
  CHECK(ill.status == 503);
  CHECK(ill.body == "nothing moves\n");
}

TEST_CASE("other paths are not found and other methods not allowed") {
  CHECK(endpoint().answer(get("/")).status == 404);
  CHECK(endpoint().answer(get("/metrics/x")).status == 404);
  auto post = get("/metrics");
  post.method = "POST";
  const auto refused = endpoint().answer(post);
  CHECK(refused.status == 405);
  CHECK(refused.headers.back() == std::pair<std::string, std::string>{"Allow", "GET, HEAD"});
}

TEST_CASE("only addresses and localhost and the names given may be asked for") {
  const auto status = [](const std::string& host) {
    auto request = get("/metrics");
    request.headers.emplace_back("Host", host);
    return endpoint().answer(request).status;
  };
  for (const char* host :
       {"127.0.0.1", "127.0.0.1:9464", "10.1.2.3", "[::1]", "[::1]:9464", "[fe80::1%25eth0]:1", "localhost",
        "LOCALHOST:9464", "localhost.", "monitor.test:1", "MONITOR.test"}) {
    CAPTURE(host);
    CHECK(status(host) == 200);
  }
  for (const char* host : {"evil.test", "evil.test:9464", "127.0.0.1.evil.test", "localhost.evil.test", "",
                           ":9464", "xmonitor.test", "[evil.test]", "[::1", "127.0.0.1@evil.test", "127.1"}) {
    CAPTURE(host);
    CHECK(status(host) == 421);
  }
  CHECK(endpoint().answer(get("/metrics")).status == 200);
}

TEST_CASE("who asks by another name is told nothing but that") {
  auto request = get("/healthz");
  request.headers.emplace_back("Host", "evil.test");
  const auto refused = endpoint("a secret").answer(request);
  CHECK(refused.status == 421);
  CHECK(refused.body.find("--metrics-host") != std::string::npos);
  CHECK(refused.body.find("secret") == std::string::npos);
}

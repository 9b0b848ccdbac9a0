#include "delivery/http/http_protocol.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::delivery;

namespace {

/// "key=value" of each attribute, in its order.
std::vector<std::string> described(const SpanProtocol& protocol, const AttemptFacts& attempt) {
  tracing::SpanAttributes attributes;
  protocol.describe(attempt, attributes);
  std::vector<std::string> texts;
  for (const auto& [key, value] : attributes.all())
    std::visit([&](const auto& one) { texts.push_back(fmt::format("{}={}", key, one)); }, value);
  return texts;
}

using AttributeTexts = std::vector<std::string>;

}  // namespace

TEST_CASE("the port of a URL is known") {
  CHECK(http_port_of("https://a.test/x:1") == 443);
  CHECK(http_port_of("http://a.test") == 80);
  CHECK(http_port_of("http://a.test:8080?x") == 8080);
  CHECK(http_port_of("http://[::1]:99/") == 99);
  CHECK(http_port_of("http://[::1]/") == 80);
}

TEST_CASE("a request tells what the conventions for HTTP clients ask for in one order") {
  CHECK(http_protocol().name() == "POST");
  CHECK(http_protocol().kind() == tracing::SpanKind::client);
  AttemptFacts attempt{.url = "https://a.test:8443/hook?key=HIDDEN",
                       .shown_url = "https://a.test:8443",
                       .host = "a.test",
                       .outcome = OutcomeKind::answered,
                       .outcome_name = "answered",
                       .status = 200};
  CHECK(described(http_protocol(), attempt) ==
        AttributeTexts{"http.request.method=POST", "http.response.status_code=200",
                       "network.protocol.version=1.1", "server.address=a.test", "server.port=8443",
                       "url.full=https://a.test:8443"});
  attempt.protocol_version = "2";
  attempt.attempt = 3;
  attempt.status = 503;
  attempt.failed = true;
  CHECK(described(http_protocol(), attempt) ==
        AttributeTexts{"http.request.method=POST", "http.response.status_code=503",
                       "network.protocol.version=2", "server.address=a.test", "server.port=8443",
                       "url.full=https://a.test:8443", "http.request.resend_count=2", "error.type=503"});
  attempt.attempt = 1;
  attempt.status = 0;
  attempt.protocol_version = {};
  attempt.outcome_name = "timeout";
  CHECK(described(http_protocol(), attempt) ==
        AttributeTexts{"http.request.method=POST", "server.address=a.test", "server.port=8443",
                       "url.full=https://a.test:8443", "error.type=timeout"});
}

TEST_CASE("a protocol that says nothing of its own tells where to and how it failed") {
  const AttemptFacts attempt{.url = "x://a.test/",
                             .shown_url = "x://a.test",
                             .host = "a.test",
                             .outcome = OutcomeKind::refused,
                             .outcome_name = "refused",
                             .failed = true};
  CHECK(described(plain_protocol(), attempt) ==
        AttributeTexts{"server.address=a.test", "url.full=x://a.test", "error.type=refused"});
}

TEST_CASE("the attributes of one span are forgotten for the next") {
  tracing::SpanAttributes attributes;
  attributes.add_copy("a", std::string(100, 'x'));
  attributes.add("b", "");
  attributes.add_copy("c", "");
  attributes.add("d", std::int64_t{1});
  CHECK(attributes.all().size() == 2);
  attributes.clear();
  CHECK(attributes.all().empty());
}

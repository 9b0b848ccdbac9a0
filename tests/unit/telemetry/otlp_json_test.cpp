#include "telemetry/otlp_json.hpp"

#include "base/text/json.hpp"

#include <array>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::telemetry;
using namespace dispatch::tracing;
using namespace std::chrono_literals;

namespace {

Span some_span() {
  Span span;
  span.context = *tracing::parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  span.name = "POST";
  span.from = WallTime{1'700'000'000s};
  span.until = span.from + 1500us;
  return span;
}

std::string written(const Span& span) {
  const std::vector<std::pair<std::string, std::string>> resource{{"service.name", "dis\"patch"}};
  OtlpJson json{resource, "1.2.3"};
  json.begin();
  json.add(span);
  return std::string{json.end()};
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a request is what OTLP says letter by letter") {
  CHECK(
      written(some_span()) ==
      R"({"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"dis\"patch"}}]},)"
      R"("scopeSpans":[{"scope":{"name":"dispatch","version":"1.2.3"},"spans":[)"
      R"({"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","flags":257,"name":"POST","kind":1,)"
      R"("startTimeUnixNano":"1700000000000000000","endTimeUnixNano":"1700000000001500000","attributes":[]})"
      R"(]}]}]})");
}

TEST_CASE("parents links attributes and failures are told") {
  Span span = some_span();
  span.parent = {0, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7};
  span.remote_parent = true;
  span.kind = SpanKind::client;
  const std::array<SpanAttribute, 2> attributes{
      {{"key", "va\nlue"}, {"big", std::numeric_limits<std::int64_t>::min()}}};
  span.attributes = attributes;
  span.link = tracing::SpanId{1, 2, 3, 4, 5, 6, 7, 8};
  span.failed = true;
  span.why = "no answer";
  const auto text = written(span);
  CHECK(is_json(text));
  CHECK(has(text, R"("parentSpanId":"00f067aa0ba902b7","flags":769,)"));
  CHECK(has(text, R"("kind":3,)"));
  CHECK(has(text, R"({"key":"key","value":{"stringValue":"va\nlue"}})"));
  CHECK(has(text, R"({"key":"big","value":{"intValue":"-9223372036854775808"}})"));
  CHECK(has(
      text,
      R"("links":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"0102030405060708","flags":257}])"));
  CHECK(has(text, R"("status":{"code":2,"message":"no answer"})"));
}

TEST_CASE("one request after another begins anew") {
  OtlpJson json{{}, "1"};
  json.begin();
  const std::string none{json.end()};
  CHECK(is_json(none));
  CHECK(json.spans() == 0);
  json.begin();
  json.add(some_span());
  json.add(some_span());
  CHECK(json.spans() == 2);
  CHECK(is_json(json.end()));
  json.begin();
  CHECK(json.end() == none);
}

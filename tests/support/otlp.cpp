#include "support/otlp.hpp"

#include <algorithm>
#include <initializer_list>
#include <stdexcept>
#include <string_view>

#include <simdjson.h>

namespace dispatch::test {
namespace {

using simdjson::dom::array;
using simdjson::dom::element;
using simdjson::dom::element_type;
using simdjson::dom::object;

void require(bool holds, const std::string& what) {
  if (!holds) throw std::runtime_error{what};
}

template <class T>
T as(element value, const std::string& what) {
  T out{};
  require(value.get(out) == simdjson::SUCCESS, what + " is of the wrong type");
  return out;
}

element member(object of, const char* key) {
  element value;
  require(of[key].get(value) == simdjson::SUCCESS, std::string{"there is no "} + key);
  return value;
}

void only(object of, std::initializer_list<std::string_view> keys) {
  for (const auto field : of)
    require(std::find(keys.begin(), keys.end(), field.key) != keys.end(),
            "there is no field " + std::string{field.key});
}

std::string id(element value, std::size_t digits, const std::string& what) {
  const std::string text{as<std::string_view>(value, what)};
  require(text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string::npos,
          what + " is not hex: " + text);
  require(text.find_first_not_of('0') != std::string::npos, what + " is zero");
  return text;
}

std::int64_t sixty_four_bits(element value, const std::string& what) {
  const std::string text{as<std::string_view>(value, what)};
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  require(!digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos,
          what + " is not a string of digits: " + text);
  return std::stoll(text);
}

std::int64_t small(element value, const std::string& what) {
  require(value.type() == element_type::INT64, what + " is not a number");
  return as<std::int64_t>(value, what);
}

std::map<std::string, std::string> attributes(element list) {
  std::map<std::string, std::string> all;
  for (const auto one : as<array>(list, "attributes")) {
    const auto attribute = as<object>(one, "an attribute");
    only(attribute, {"key", "value"});
    const std::string key{as<std::string_view>(member(attribute, "key"), "a key")};
    const auto value = as<object>(member(attribute, "value"), "a value");
    only(value, {"stringValue", "intValue"});
    require(value.size() == 1, "a value has one kind");
    element text;
    const bool is_text = value["stringValue"].get(text) == simdjson::SUCCESS;
    const bool fresh =
        all.emplace(key, is_text ? std::string{as<std::string_view>(text, "a text")}
                                 : std::to_string(sixty_four_bits(member(value, "intValue"), key)))
            .second;
    require(fresh, "the attribute " + key + " is there twice");
  }
  return all;
}

OtlpSpan read_span(object from) {
  only(from, {"traceId", "spanId", "parentSpanId", "flags", "name", "kind", "startTimeUnixNano",
              "endTimeUnixNano", "attributes", "links", "status"});
  OtlpSpan span;
  span.trace = id(member(from, "traceId"), 32, "traceId");
  span.id = id(member(from, "spanId"), 16, "spanId");
  element value;
  if (from["parentSpanId"].get(value) == simdjson::SUCCESS) span.parent = id(value, 16, "parentSpanId");
  require((small(member(from, "flags"), "flags") & 0x101) == 0x101, "flags say that it is recorded");
  span.name = as<std::string_view>(member(from, "name"), "name");
  require(!span.name.empty(), "a span has a name");
  span.kind = small(member(from, "kind"), "kind");
  require(span.kind >= 1 && span.kind <= 5, "there is no such kind");
  span.from = sixty_four_bits(member(from, "startTimeUnixNano"), "startTimeUnixNano");
  span.until = sixty_four_bits(member(from, "endTimeUnixNano"), "endTimeUnixNano");
  require(span.from > 0 && span.from <= span.until, span.name + " ends before it begins");
  span.attributes = attributes(member(from, "attributes"));
  if (from["links"].get(value) == simdjson::SUCCESS)
    for (const auto one : as<array>(value, "links")) {
      const auto link = as<object>(one, "a link");
      only(link, {"traceId", "spanId", "flags"});
      require(id(member(link, "traceId"), 32, "traceId of a link") == span.trace, "a link leads elsewhere");
      span.links.push_back(id(member(link, "spanId"), 16, "spanId of a link"));
      small(member(link, "flags"), "flags of a link");
    }
  if (from["status"].get(value) == simdjson::SUCCESS) {
    const auto status = as<object>(value, "status");
    only(status, {"code", "message"});
    span.status = small(member(status, "code"), "code");
  }
  return span;
}

}  // namespace

OtlpRequest read_otlp(const std::string& body) {
  simdjson::dom::parser parser;
  object request;
  require(parser.parse(body).get(request) == simdjson::SUCCESS, "it is no JSON object");
  only(request, {"resourceSpans"});
  OtlpRequest read;
  for (const auto one : as<array>(member(request, "resourceSpans"), "resourceSpans")) {
    const auto of_resource = as<object>(one, "resourceSpans");
    only(of_resource, {"resource", "scopeSpans"});
    const auto resource = as<object>(member(of_resource, "resource"), "resource");
    only(resource, {"attributes"});
    read.resource = attributes(member(resource, "attributes"));
    for (const auto two : as<array>(member(of_resource, "scopeSpans"), "scopeSpans")) {
      const auto of_scope = as<object>(two, "scopeSpans");
      only(of_scope, {"scope", "spans"});
      const auto scope = as<object>(member(of_scope, "scope"), "scope");
      only(scope, {"name", "version"});
      require(as<std::string_view>(member(scope, "name"), "the scope's name") == "dispatch", "the scope");
      for (const auto span : as<array>(member(of_scope, "spans"), "spans"))
        read.spans.push_back(read_span(as<object>(span, "a span")));
    }
  }
  return read;
}

std::vector<OtlpSpan> named(const std::vector<OtlpSpan>& spans, const std::string& name) {
  std::vector<OtlpSpan> found;
  std::copy_if(spans.begin(), spans.end(), std::back_inserter(found),
               [&](const OtlpSpan& span) { return span.name == name; });
  return found;
}

}  // namespace dispatch::test

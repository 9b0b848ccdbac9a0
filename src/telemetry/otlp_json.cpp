#include "telemetry/otlp_json.hpp"

#include "base/text/json.hpp"

#include <array>
#include <charconv>

namespace dispatch::telemetry {
namespace {

constexpr std::string_view tail = "]}]}]}";
/// trace.proto, SpanFlags: whether it is known if the parent, or the span linked to, is remote, and if it is.
constexpr unsigned has_is_remote = 0x100;
constexpr unsigned is_remote = 0x200;
/// trace.proto, Status.StatusCode.
constexpr std::string_view failed_status = R"(,"status":{"code":2)";

template <std::size_t size>
void append_hex(std::string& out, const std::array<std::uint8_t, size>& id) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 2 * size> text{};
  for (std::size_t i = 0; i < size; ++i) {
    text[2 * i] = digits[id[i] >> 4];
    text[2 * i + 1] = digits[id[i] & 0xF];
  }
  out.append(text.data(), text.size());
}

void append_number(std::string& out, std::int64_t number) {
  std::array<char, 24> text{};
  const auto [end, error] = std::to_chars(text.data(), text.data() + text.size(), number);
  out.append(text.data(), end);
}

void append_nanoseconds(std::string& out, WallTime time) {
  append_number(out, time.time_since_epoch().count());
  out += "000";
}

void append_attribute(std::string& out, const tracing::SpanAttribute& attribute) {
  out += R"({"key":")";
  out += attribute.key;
  out += '"';
  if (const auto* text = std::get_if<std::string_view>(&attribute.value)) {
    out += R"(,"value":{"stringValue":)";
    append_json_string(out, *text);
    out += "}}";
    return;
  }
  out += R"(,"value":{"intValue":")";
  append_number(out, std::get<std::int64_t>(attribute.value));
  out += R"("}})";
}

}  // namespace

OtlpJson::OtlpJson(std::span<const std::pair<std::string, std::string>> resource, std::string_view version) {
  text_ = R"({"resourceSpans":[{"resource":{"attributes":[)";
  for (const auto& [key, value] : resource) {
    text_ += R"({"key":)";
    append_json_string(text_, key);
    text_ += R"(,"value":{"stringValue":)";
    append_json_string(text_, value);
    text_ += "}},";
  }
  if (!resource.empty()) text_.pop_back();
  text_ += R"(]},"scopeSpans":[{"scope":{"name":"dispatch","version":)";
  append_json_string(text_, version);
  text_ += R"(},"spans":[)";
  head_ = text_;
}

void OtlpJson::begin() {
  text_ = head_;
  spans_ = 0;
}

void OtlpJson::add_attributes(std::span<const tracing::SpanAttribute> attributes) {
  text_ += R"("attributes":[)";
  for (std::size_t i = 0; i < attributes.size(); ++i) {
    if (i > 0) text_ += ',';
    append_attribute(text_, attributes[i]);
  }
  text_ += ']';
}

void OtlpJson::add(const tracing::Span& span) {
  if (spans_++ > 0) text_ += ',';
  text_ += R"({"traceId":")";
  append_hex(text_, span.context.trace);
  text_ += R"(","spanId":")";
  append_hex(text_, span.context.span);
  if (span.parent != tracing::SpanId{}) {
    text_ += R"(","parentSpanId":")";
    append_hex(text_, span.parent);
  }
  text_ += R"(","flags":)";
  append_number(text_, span.context.flags | has_is_remote | (span.remote_parent ? is_remote : 0U));
  text_ += R"(,"name":")";
  text_ += span.name;
  text_ += R"(","kind":)";
  append_number(text_, static_cast<int>(span.kind));
  text_ += R"(,"startTimeUnixNano":")";
  append_nanoseconds(text_, span.from);
  text_ += R"(","endTimeUnixNano":")";
  append_nanoseconds(text_, span.until);
  text_ += R"(",)";
  add_attributes(span.attributes);
  if (span.link) {
    text_ += R"(,"links":[{"traceId":")";
    append_hex(text_, span.context.trace);
    text_ += R"(","spanId":")";
    append_hex(text_, *span.link);
    text_ += R"(","flags":)";
    append_number(text_, span.context.flags | has_is_remote);
    text_ += "}]";
  }
  if (span.failed) {
    text_ += failed_status;
    if (!span.why.empty()) {
      text_ += R"(,"message":)";
      append_json_string(text_, span.why);
    }
    text_ += '}';
  }
  text_ += '}';
}

std::string_view OtlpJson::end() {
  text_ += tail;
  return text_;
}

}  // namespace dispatch::telemetry

#include "delivery/http/headers.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

#include <fmt/format.h>
#include <simdjson.h>

namespace dispatch::delivery {
namespace {

bool is_printable(char c) {
  return c > ' ' && c < '\x7f';
}

void append_percent(std::string& out, char c) {
  fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
}

bool is_token_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
         std::string_view{"!#$&'*+-.^_`|~"}.find(c) != std::string_view::npos;
}

/// A name that is a token (RFC 9110, 5.6.2); other bytes, and percent with them, become %XX.
std::string header_name(std::string_view text) {
  std::string name;
  for (const char c : text) {
    if (is_token_char(c))
      name += c;
    else
      append_percent(name, c);
  }
  return name;
}

std::string lower_case(std::string_view text) {
  std::string lower{text};
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

/// Fields that an event cannot set: those that frame the request, and those by which a receiver knows it as
/// ours.
bool is_reserved(std::string_view lower_name) {
  static constexpr std::array reserved{
      "connection",      "content-length", "expect",           "host",
      "idempotency-key", "keep-alive",     "proxy-connection", "te",
      "trailer",         "upgrade",        "user-agent",       "transfer-encoding",
  };
  return lower_name.empty() || lower_name.starts_with("x-dispatch-") || lower_name.starts_with("webhook-") ||
         std::find(reserved.begin(), reserved.end(), lower_name) != reserved.end();
}

struct OwnHeader {
  std::string name;
  std::string value;
};

Result<std::vector<OwnHeader>> own_headers(const std::string& json) {
  std::vector<OwnHeader> headers;
  simdjson::dom::parser parser;
  simdjson::dom::object object;
  if (parser.parse(json).get(object) != simdjson::SUCCESS)
    return fail("the event's headers are not a JSON object of strings");
  for (const auto& [name, element] : object) {
    std::string_view value;
    if (element.get(value) != simdjson::SUCCESS) return fail("the event's header {} is not a string", name);
    if (!is_reserved(lower_case(name))) headers.push_back({header_name(name), header_value(value)});
  }
  return headers;
}

}  // namespace

void HeaderLines::clear() {
  text_.clear();
  starts_.clear();
}

void HeaderLines::add(std::string_view name, std::string_view value) {
  starts_.push_back(text_.size());
  text_ += name;
  if (value.empty()) {
    text_ += ';';  // libcurl's way to say: a field without value
  } else {
    text_ += ": ";
    text_ += value;
  }
  text_ += '\0';
}

std::string percent_encoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    if (is_printable(c) && c != '"' && c != '%')
      encoded += c;
    else
      append_percent(encoded, c);
  }
  return encoded;
}

std::string structured_string(std::string_view text) {
  std::string quoted{'"'};
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if ((is_printable(c) || c == ' ') && c != '%') {
      quoted += c;
    } else {
      append_percent(quoted, c);
    }
  }
  quoted += '"';
  return quoted;
}

std::string header_value(std::string_view text) {
  std::string value;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool inner_space = (c == ' ' || c == '\t') && i > 0 && i + 1 < text.size();
    if (is_printable(c) || inner_space)
      value += c;
    else
      append_percent(value, c);
  }
  return value;
}

Result<> write_headers(const Outgoing& outgoing, HeaderLines& lines) {
  lines.clear();
  std::vector<OwnHeader> own;
  if (!outgoing.headers.empty()) {
    auto read = own_headers(outgoing.headers);
    if (!read) return tl::unexpected(std::move(read).error());
    own = std::move(*read);
  }
  const bool own_content_type = std::any_of(
      own.begin(), own.end(), [](const auto& header) { return lower_case(header.name) == "content-type"; });

  if (!own_content_type) lines.add("Content-Type", "application/json");
  lines.add("User-Agent", "dispatch/" DISPATCH_VERSION);
  lines.add("Idempotency-Key", structured_string(outgoing.event_id));
  lines.add("X-Dispatch-Event-ID", percent_encoded(outgoing.event_id));
  if (!outgoing.type.empty()) lines.add("X-Dispatch-Event-Type", percent_encoded(outgoing.type));
  if (!outgoing.entity_id.empty()) lines.add("X-Dispatch-Entity-ID", percent_encoded(outgoing.entity_id));
  if (outgoing.sequence)
    lines.add("X-Dispatch-Sequence", fmt::format_int{outgoing.sequence->value()}.c_str());
  lines.add("X-Dispatch-Attempt", fmt::format_int{outgoing.attempt}.c_str());
  const auto began = std::chrono::floor<std::chrono::seconds>(outgoing.began.time_since_epoch());
  lines.add("X-Dispatch-Timestamp", fmt::format_int{began.count()}.c_str());
  for (const auto& header : own) lines.add(header.name, header.value);
  return {};
}

}  // namespace dispatch::delivery

// The header fields of a request: whatever an event holds, each is one line, and none is what the event may
// not set.

#include "delivery/http/headers.hpp"

#include "fuzz/input.hpp"
#include "fuzz/property.hpp"

#include <algorithm>
#include <map>
#include <string>

using namespace dispatch;
using namespace dispatch::delivery;
using namespace dispatch::test;

namespace {

bool is_token(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           std::string_view{"!#$%&'*+-.^_`|~"}.find(c) != std::string_view::npos;
  });
}

bool is_field_text(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return (c >= ' ' && c < '\x7f') || c == '\t'; });
}

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

int digit(char c) {
  return c >= 'A' ? c - 'A' + 10 : c - '0';
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    PROPERTY(i + 2 < text.size());
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

/// Quotes and backslashes taken off, percent-encoding left.
std::string unquoted(std::string_view text) {
  PROPERTY(text.size() >= 2 && text.front() == '"' && text.back() == '"');
  std::string out;
  for (std::size_t i = 1; i + 1 < text.size(); ++i) {
    PROPERTY(text[i] != '"');
    if (text[i] == '\\') PROPERTY(++i + 1 < text.size());
    out += text[i];
  }
  return out;
}

std::map<std::string, int> check_lines(HeaderLines& lines) {
  std::map<std::string, int> names;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const std::string_view line = std::as_const(lines).line(i);
    PROPERTY(is_field_text(line));
    const auto end = line.find_first_of(":;");
    PROPERTY(end != std::string_view::npos && is_token(line.substr(0, end)));
    PROPERTY(line[end] == ':' ? line.size() > end + 2 : line.size() == end + 1);
    ++names[lower(line.substr(0, end))];
  }
  return names;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input{data, size};
  const auto id = input.until('\n');
  const auto type = input.until('\n');
  PROPERTY(percent_decoded(percent_encoded(id)) == id);
  PROPERTY(percent_decoded(unquoted(structured_string(id))) == id);
  PROPERTY(is_field_text(structured_string(id)));
  const auto value = header_value(type);
  PROPERTY(is_field_text(value));
  PROPERTY(value.empty() || (value.front() > ' ' && value.back() > ' '));

  Outgoing outgoing;
  outgoing.event_id = id;
  outgoing.entity_id = type;
  outgoing.type = type;
  outgoing.sequence = SequenceNumber{static_cast<std::int64_t>(size)};
  outgoing.headers = input.rest();
  HeaderLines lines;
  const auto written = write_headers(outgoing, WallTime{}, lines);
  if (!written) return 0;
  auto names = check_lines(lines);
  for (const char* ours : {"user-agent", "idempotency-key", "x-dispatch-event-id", "x-dispatch-attempt",
                           "x-dispatch-timestamp", "x-dispatch-sequence"})
    PROPERTY(names[ours] == 1);
  PROPERTY(names["content-type"] >= 1);
  for (const char* framing :
       {"content-length", "transfer-encoding", "host", "connection", "expect", "upgrade"})
    PROPERTY(names[framing] == 0);

  outgoing.trace =
      tracing::parse_traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01").value();
  PROPERTY(write_headers(outgoing, WallTime{}, lines).has_value());
  names = check_lines(lines);
  PROPERTY(names["traceparent"] == 1);
  return 0;
}

#include "event/reserved_header.hpp"
#include "ingest/line/fields.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace dispatch::ingest {
namespace {

/// RFC 9110, "token".
bool is_header_name(std::string_view name) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           marks.find(c) != std::string_view::npos;
  });
}

std::string lower(std::string_view name) {
  std::string out{name};
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

/// Why the header cannot be sent, or nothing.
std::string objection(std::string_view name, const Value& value) {
  if (!is_header_name(name)) return fmt::format("{} is not a header name", in_quotes(name));
  if (is_reserved_header(name))
    return fmt::format("{} is reserved: dispatch sets it, or a receiver may take it for one that it trusts",
                       in_quotes(name));
  if (!value.is_string())
    return fmt::format("{} is {}; it must be a string", in_quotes(name), kind_of(value));
  for (const char c : value.string()) {
    const auto byte = static_cast<unsigned char>(c);
    if ((byte < 0x20 && c != '\t') || byte == 0x7F)
      return fmt::format("{} holds the control character U+{:04X}", in_quotes(name), byte);
  }
  return {};
}

}  // namespace

Checked<Headers> read_headers(const Found& found) {
  const auto reject = [&](std::string_view why) {
    return tl::unexpected(fmt::format("{}: {}", label(found), why));
  };
  if (!found.value.is_object())
    return tl::unexpected(
        fmt::format("{} is {}; it must be an object of strings", label(found), kind_of(found.value)));
  if (found.value.raw.size() > headers_most)
    return tl::unexpected(fmt::format("{} is {} bytes long; the most is {}", label(found),
                                      found.value.raw.size(), headers_most));

  if (has_half_pair(found.value.raw)) return reject("a name or value holds half a surrogate pair");

  Headers headers;
  std::vector<std::string> names;
  std::string why;
  for_each_member(found.value, [&](std::string_view name, const Value& value) {
    if (!why.empty()) return;
    why = objection(name, value);
    names.push_back(lower(name));
    if (names.back() == "traceparent")
      headers.parent = tracing::parse_traceparent(value.string()).value_or(tracing::TraceContext{});
  });
  if (!why.empty()) return reject(why);
  std::sort(names.begin(), names.end());
  if (const auto twice = std::adjacent_find(names.begin(), names.end()); twice != names.end())
    return reject(fmt::format("duplicate field {}", in_quotes(*twice)));
  if (!names.empty()) headers.json = found.value.raw;
  return headers;
}

}  // namespace dispatch::ingest

#include "base/text/json.hpp"

#include "base/text/printable.hpp"
#include "base/text/utf8.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

#include <fmt/format.h>

namespace dispatch {
namespace {

/// Nearly all texts.
bool needs_no_escape(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c < '\x7F' && c != '"' && c != '\\'; });
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  if (needs_no_escape(text)) {
    out.append(1, '"').append(text).append(1, '"');
    return;
  }
  std::string repaired;
  if (!is_utf8(text)) {
    repaired = to_utf8(text);
    text = repaired;
  }
  out += '"';
  while (!text.empty()) {
    const auto [length, code_point] = first_sequence(text);
    switch (code_point) {
      case U'"':
        out += "\\\"";
        break;
      case U'\\':
        out += "\\\\";
        break;
      case U'\n':
        out += "\\n";
        break;
      case U'\r':
        out += "\\r";
        break;
      case U'\t':
        out += "\\t";
        break;
      default:
        if (steers_terminal(code_point))
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(code_point));
        else
          out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

void JsonObject::add_key(std::string_view key) {
  if (!first_) out_ += ',';
  first_ = false;
  append_json_string(out_, key);
  out_ += ':';
}

JsonObject& JsonObject::add(std::string_view key, std::string_view text) {
  add_key(key);
  append_json_string(out_, text);
  return *this;
}

JsonObject& JsonObject::add(std::string_view key, std::int64_t number) {
  add_key(key);
  out_ += fmt::to_string(number);
  return *this;
}

JsonObject& JsonObject::add(std::string_view key, std::uint64_t number) {
  add_key(key);
  out_ += fmt::to_string(number);
  return *this;
}

JsonObject& JsonObject::add(std::string_view key, double number) {
  add_key(key);
  if (std::isfinite(number))
    out_ += fmt::format("{:.6g}", number);
  else
    out_ += "null";
  return *this;
}

JsonObject& JsonObject::add(std::string_view key, bool truth) {
  add_key(key);
  out_ += truth ? "true" : "false";
  return *this;
}

JsonObject& JsonObject::add_null(std::string_view key) {
  add_key(key);
  out_ += "null";
  return *this;
}

JsonObject& JsonObject::add_foreign(std::string_view key, std::string_view json) {
  add_key(key);
  while (!json.empty()) {
    const auto [well_formed, code_point] = first_sequence(json);
    const std::size_t length = std::max<std::size_t>(well_formed, 1);
    // White space between values steers nothing that matters, and a control character of C0 stands nowhere
    // else.
    if (code_point >= 0x7F && steers_terminal(code_point))
      out_ += fmt::format("\\u{:04x}", static_cast<unsigned>(code_point));
    else
      out_ += json.substr(0, length);
    json.remove_prefix(length);
  }
  return *this;
}

JsonObject& JsonObject::add_raw(std::string_view key, std::string_view json) {
  add_key(key);
  out_ += json;
  return *this;
}

}  // namespace dispatch

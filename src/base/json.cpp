#include "base/json.hpp"

#include "base/utf8.hpp"

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
  const auto is_high_control = [&](std::size_t at) {  // U+0080 to U+009F, to which terminals listen
    return text[at] == '\xC2' && static_cast<unsigned char>(text[at + 1]) < 0xA0;
  };
  out += '"';
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20 || c == '\x7F')
          out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
        else if (is_high_control(at))
          out += fmt::format("\\u{:04x}", static_cast<unsigned char>(text[++at]));
        else
          out += c;
    }
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

JsonObject& JsonObject::add_raw(std::string_view key, std::string_view json) {
  add_key(key);
  out_ += json;
  return *this;
}

}  // namespace dispatch

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What RFC 9112 makes of the bytes that answer one POST, read by a grammar of the whole text. The reference
// for parsers that read piece by piece and are tolerant.

namespace dispatch::test {

struct StrictLimits {
  std::size_t headers_most, body_most;
};

class StrictAnswer {
 public:
  int status = 0;
  std::string body;

  /// Reads announcements and one answer that end where the bytes end, on a connection that stays open after
  /// them. Nothing if any byte is not as the standard has it, or more than the limits allow.
  static std::optional<StrictAnswer> read(std::string_view bytes, const StrictLimits& limits) {
    StrictAnswer answer{bytes, limits};
    while (answer.head())
      if (answer.status >= 200)
        return answer.content() && answer.rest_.empty() && answer.persists_ ? std::optional{answer}
                                                                            : std::nullopt;
    return std::nullopt;
  }

 private:
  StrictAnswer(std::string_view bytes, const StrictLimits& limits) : rest_(bytes), limits_(limits) {}

  static bool is_digit(char c) { return c >= '0' && c <= '9'; }
  static std::string lower(std::string_view text) {
    std::string all{text};
    for (char& c : all)
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
    return all;
  }
  static std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\v\f") + 1 - first);
  }

  /// The next line, without its CRLF; nothing if there is none, or it has another control of lines in it.
  std::optional<std::string_view> line(std::size_t* counted) {
    const auto end = rest_.find('\n');
    if (end == std::string_view::npos || end == 0 || rest_[end - 1] != '\r') return std::nullopt;
    const auto text = rest_.substr(0, end - 1);
    rest_.remove_prefix(end + 1);
    if (counted != nullptr) *counted += end + 1;
    if (text.find('\r') != std::string_view::npos || text.find('\0') != std::string_view::npos)
      return std::nullopt;
    return text;
  }

  /// "HTTP/1.1 200 reason" and the header fields behind it.
  bool head() {
    const auto start = line(&header_bytes_);
    if (!start || start->size() < 12 ||
        (!start->starts_with("HTTP/1.0 ") && !start->starts_with("HTTP/1.1 ")))
      return false;
    const auto digits = start->substr(9, 3);
    if (!std::all_of(digits.begin(), digits.end(), is_digit) || digits[0] == '0') return false;
    if (start->size() > 12 && (*start)[12] != ' ') return false;
    status = std::stoi(std::string{digits});
    if (status == 101) return false;
    const bool old = (*start)[7] == '0';
    bool close = false, keep_alive = false;
    chunked_ = false;
    length_.reset();
    while (true) {
      const auto text = line(&header_bytes_);
      if (!text || header_bytes_ > limits_.headers_most) return false;
      if (text->empty()) break;
      const auto colon = text->find(':');
      if (colon == std::string_view::npos || colon == 0 || blank((*text)[0]) || blank((*text)[colon - 1]))
        return false;
      const auto name = lower(text->substr(0, colon)), value = lower(trimmed(text->substr(colon + 1)));
      if (name == "connection") {
        // Half a word counts too: what may mean close does.
        close = close || value.find("close") != std::string::npos;
        keep_alive = keep_alive || value.find("keep-alive") != std::string::npos;
      }
      if (has_no_body() && status < 200) continue;
      if (name == "content-length" && !length(value)) return false;
      if (name == "transfer-encoding") {
        if (without_empty_elements(value) != "chunked" || chunked_) return false;
        chunked_ = true;
      }
    }
    if (close || (old && !keep_alive)) persists_ = false;
    if (old && chunked_) return false;
    return true;
  }

  /// A list may have elements that are empty.
  static std::string_view without_empty_elements(std::string_view list) {
    const auto first = list.find_first_not_of(", \t");
    if (first == std::string_view::npos) return {};
    return list.substr(first, list.find_last_not_of(", \t") + 1 - first);
  }
  static bool blank(char c) { return c == ' ' || c == '\t'; }
  bool has_no_body() const { return status < 200 || status == 204 || status == 304; }

  bool length(std::string_view value) {
    if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit)) return false;
    value.remove_prefix(std::min(value.find_first_not_of('0'), value.size()));
    if (value.size() > 18) return false;  // of which the body is never whole
    const auto number = value.empty() ? 0 : std::stoull(std::string{value});
    if (length_ && *length_ != number) return false;
    length_ = number;
    return true;
  }

  bool content() {
    if (has_no_body()) return !chunked_ && length_.value_or(0) == 0;
    if (chunked_) return !length_ && chunks();
    return length_ && take(*length_);
  }

  bool take(std::uint64_t bytes) {
    if (bytes > rest_.size() || body.size() + bytes > limits_.body_most) return false;
    body += rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return true;
  }

  bool chunks() {
    while (true) {
      const auto text = line(nullptr);
      if (!text) return false;
      const auto digits = text->substr(0, text->find_first_not_of("0123456789abcdefABCDEF"));
      const auto extension = trimmed(text->substr(digits.size()));
      if (digits.empty() || digits.size() > 16 || (!extension.empty() && extension[0] != ';')) return false;
      const auto size = std::stoull(std::string{digits}, nullptr, 16);
      if (size == 0) break;
      if (!take(size) || !rest_.starts_with("\r\n")) return false;
      rest_.remove_prefix(2);
    }
    while (true) {
      const auto text = line(&header_bytes_);
      if (!text || header_bytes_ > limits_.headers_most) return false;
      if (text->empty()) return true;
      if (text->find(':') == std::string_view::npos || blank((*text)[0])) return false;
    }
  }

  std::string_view rest_;
  StrictLimits limits_;
  std::size_t header_bytes_ = 0;
  bool chunked_ = false, persists_ = true;
  std::optional<std::uint64_t> length_;
};

}  // namespace dispatch::test

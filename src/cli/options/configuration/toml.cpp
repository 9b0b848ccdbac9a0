#include "cli/options/configuration/toml.hpp"

#include <algorithm>
#include <utility>

namespace dispatch::cli {
namespace {

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A decimal number as TOML has it, but for underscores, exponents and other bases, which no option reads.
bool is_number(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
  const auto point = std::min(text.find('.'), text.size());
  const auto whole = text.substr(0, point);
  const auto part = text.substr(std::min(point + 1, text.size()));
  return !whole.empty() && std::all_of(whole.begin(), whole.end(), is_digit) &&
         (point == text.size() || (!part.empty() && std::all_of(part.begin(), part.end(), is_digit)));
}

void append_utf8(std::string& out, char32_t code_point) {
  const auto tail = [code_point](int shift) {
    return static_cast<char>(0x80 | (code_point >> shift & 0x3F));
  };
  if (code_point < 0x80)
    out += static_cast<char>(code_point);
  else if (code_point < 0x800)
    out.append({static_cast<char>(0xC0 | code_point >> 6), tail(0)});
  else if (code_point < 0x10000)
    out.append({static_cast<char>(0xE0 | code_point >> 12), tail(6), tail(0)});
  else
    out.append({static_cast<char>(0xF0 | code_point >> 18), tail(12), tail(6), tail(0)});
}

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  Result<std::vector<TomlEntry>> read() {
    while (true) {
      skip_blank_lines();
      if (rest_.empty()) return std::move(entries_);
      const bool table = rest_.front() == '[';
      DISPATCH_TRY(table ? read_table() : read_entry());
      DISPATCH_TRY(end_line(table ? "the table's name" : "the value"));
    }
  }

 private:
  template <class... Args>
  tl::unexpected<Error> refuse(fmt::format_string<Args...> format, Args&&... args) const {
    return misuse("line {}: {}", line_, fmt::format(format, std::forward<Args>(args)...));
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void skip_space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t"), rest_.size())); }
  void skip_comment() {
    if (!rest_.starts_with('#')) return;
    rest_.remove_prefix(std::min(rest_.find('\n'), rest_.size()));
  }
  bool take_line_end() {
    if (rest_.starts_with("\r\n")) rest_.remove_prefix(1);
    if (!take('\n')) return false;
    ++line_;
    return true;
  }
  void skip_blank_lines() {
    do {
      skip_space();
      skip_comment();
    } while (take_line_end());
  }
  /// `after` is what ended before.
  Result<> end_line(std::string_view after) {
    skip_space();
    skip_comment();
    if (rest_.empty() || take_line_end()) return {};
    return refuse("unexpected text after {}: '{}'; begin a new line", after, rest_of_line());
  }
  std::string_view rest_of_line() const {
    return rest_.substr(0, std::min<std::size_t>(rest_.find_first_of("\r\n"), 40));
  }

  Result<std::vector<std::string>> read_path() {
    std::vector<std::string> path;
    do {
      skip_space();
      const auto end = std::find_if_not(rest_.begin(), rest_.end(), is_bare);
      path.emplace_back(rest_.begin(), end);
      if (path.back().empty())
        return refuse("'{}' is not the name of an option or a command", rest_of_line());
      rest_.remove_prefix(path.back().size());
      skip_space();
    } while (take('.'));
    return path;
  }

  Result<> read_table() {
    take('[');
    DISPATCH_ASSIGN(auto path, read_path());
    if (!take(']')) return refuse("the name of a table is not closed; write it as in [run]");
    table_ = std::move(path);
    return {};
  }

  Result<> read_entry() {
    const std::size_t line = line_;
    DISPATCH_ASSIGN(auto path, read_path());
    if (!take('=')) return refuse("'{}' has no value; write {} = ...", path.back(), path.back());
    path.insert(path.begin(), table_.begin(), table_.end());
    if (std::any_of(entries_.begin(), entries_.end(), [&](const auto& entry) { return entry.path == path; }))
      return refuse("'{}' is given twice", path.back());
    skip_space();
    DISPATCH_ASSIGN(auto values, rest_.starts_with('[') ? read_array(path.back()) : read_one(path.back()));
    entries_.push_back({std::move(path), std::move(values), line});
    return {};
  }

  Result<std::vector<std::string>> read_one(const std::string& key) {
    return read_value(key).map([](std::string value) { return std::vector{std::move(value)}; });
  }

  Result<std::vector<std::string>> read_array(const std::string& key) {
    take('[');
    std::vector<std::string> values;
    while (true) {
      skip_blank_lines();
      if (take(']')) return values;
      if (rest_.empty()) return refuse("the array of '{}' is not closed", key);
      DISPATCH_ASSIGN(auto value, read_value(key));
      values.push_back(std::move(value));
      skip_blank_lines();
      if (!rest_.empty() && !take(',') && !rest_.starts_with(']'))
        return refuse("the array of '{}' lacks a comma or its end", key);
    }
  }

  Result<std::string> read_value(const std::string& key) {
    if (take('\'')) return read_literal(key);
    if (take('"')) return read_string(key);
    const auto end = std::min(rest_.find_first_of(" \t\r\n#,]"), rest_.size());
    const auto word = rest_.substr(0, end);
    if (word.empty()) return refuse("'{}' has no value; write {} = ...", key, key);
    if (word != "true" && word != "false" && !is_number(word))
      return refuse("the value of '{}' must be in quotes: {} = \"{}\"", key, key, word);
    rest_.remove_prefix(end);
    return std::string{word};
  }

  Result<std::string> read_literal(const std::string& key) {
    const auto end = rest_.find_first_of("'\r\n");
    if (end == std::string_view::npos || rest_[end] != '\'')
      return refuse("a quote of '{}' is not closed", key);
    std::string value{rest_.substr(0, end)};
    rest_.remove_prefix(end + 1);
    return value;
  }

  Result<std::string> read_string(const std::string& key) {
    std::string value;
    while (!rest_.empty() && rest_.front() != '\n' && rest_.front() != '\r') {
      const char c = rest_.front();
      rest_.remove_prefix(1);
      if (c == '"') return value;
      if (c != '\\') {
        value += c;
        continue;
      }
      DISPATCH_TRY(read_escape(key, value));
    }
    return refuse("a quote of '{}' is not closed", key);
  }

  Result<> read_escape(const std::string& key, std::string& value) {
    constexpr std::string_view names = "btnfr\"\\";
    constexpr std::string_view meanings = "\b\t\n\f\r\"\\";
    const char c = rest_.empty() ? '\0' : rest_.front();
    if (const auto at = names.find(c); c != '\0' && at != std::string_view::npos) {
      value += meanings[at];
      rest_.remove_prefix(1);
      return {};
    }
    const std::size_t digits = c == 'u' ? 4 : c == 'U' ? 8 : 0;
    char32_t code_point = 0;
    const auto hex = rest_.substr(std::min<std::size_t>(1, rest_.size()), digits);
    const bool is_hex = hex.size() == digits && hex.find_first_not_of("0123456789abcdefABCDEF") == hex.npos;
    if (digits > 0 && is_hex) code_point = static_cast<char32_t>(std::stoul(std::string{hex}, nullptr, 16));
    const bool surrogate = code_point >= 0xD800 && code_point <= 0xDFFF;
    if (digits == 0 || !is_hex || surrogate || code_point > 0x10FFFF)
      return refuse("'{}' holds a backslash that escapes nothing; write two, or use single quotes", key);
    append_utf8(value, code_point);
    rest_.remove_prefix(1 + digits);
    return {};
  }

  std::string_view rest_;
  std::size_t line_ = 1;
  std::vector<std::string> table_;
  std::vector<TomlEntry> entries_;
};

}  // namespace

Result<std::vector<TomlEntry>> read_toml(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return Reader{text}.read();
}

}  // namespace dispatch::cli

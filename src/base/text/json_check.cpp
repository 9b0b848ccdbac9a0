#include "base/text/json.hpp"
#include "base/text/utf8.hpp"

#include <algorithm>
#include <vector>

namespace dispatch {
namespace {

/// Goes over a text by the grammar of RFC 8259. What takes something returns false where it is not there.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool document() {
    do {
      if (!value()) return false;
      if (!after_value()) return false;
    } while (!open_.empty());
    return rest_.empty();
  }

  std::size_t left() const { return rest_.size(); }

 private:
  /// A value without containers, or the opening of one; then what has been opened and closed again.
  bool value() {
    space();
    while (take('{') || take('[')) {
      const char opened = taken_;
      space();
      if (take(opened == '{' ? '}' : ']')) return true;
      open_.push_back(opened);
      if (opened == '{' && !key()) return false;
      space();
    }
    return scalar();
  }

  /// Closes what ends here, until another value is due or nothing is open.
  bool after_value() {
    space();
    while (!open_.empty()) {
      if (take(',')) {
        space();
        return open_.back() == '[' || key();
      }
      if (!take(open_.back() == '{' ? '}' : ']')) return false;
      open_.pop_back();
      space();
    }
    return true;
  }

  bool key() {
    if (!string()) return false;
    space();
    return take(':');
  }

  bool scalar() {
    if (rest_.empty()) return false;
    if (rest_.front() == '"') return string();
    return word("true") || word("false") || word("null") || number();
  }

  bool string() {
    if (!take('"')) return false;
    while (!rest_.empty()) {
      const auto c = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      if (c == '"') return true;
      if (c < 0x20 || (c == '\\' && !escape())) return false;
    }
    return false;
  }

  bool escape() {
    if (!take('u')) {
      if (rest_.empty() || std::string_view{"\"\\/bfnrt"}.find(rest_.front()) == std::string_view::npos)
        return false;
      rest_.remove_prefix(1);
      return true;
    }
    const auto digits = rest_.substr(0, 4);
    rest_.remove_prefix(digits.size());
    return digits.size() == 4 && digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  }

  bool number() {
    take('-');
    if (!take('0') && !digits()) return false;
    if (take('.') && !digits()) return false;
    if (!take('e') && !take('E')) return true;
    if (!take('+')) take('-');
    return digits();
  }

  bool digits() {
    const std::size_t count = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
    rest_.remove_prefix(count);
    return count > 0;
  }

  bool word(std::string_view word) {
    if (!rest_.starts_with(word)) return false;
    rest_.remove_prefix(word.size());
    return true;
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    taken_ = c;
    return true;
  }

  void space() { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size())); }

  std::string_view rest_;
  std::vector<char> open_;
  char taken_ = 0;
};

}  // namespace

bool is_json(std::string_view text) {
  return is_utf8(text) && Scanner{text}.document();
}

std::optional<std::size_t> json_fault(std::string_view text) {
  Scanner scanner{text};
  const bool sound = scanner.document();
  const auto read = text.substr(0, text.size() - scanner.left());
  if (!is_utf8(read)) {
    const auto repaired = to_utf8(read);
    return static_cast<std::size_t>(std::mismatch(read.begin(), read.end(), repaired.begin()).first -
                                    read.begin());
  }
  if (sound) return std::nullopt;
  return read.size();
}

}  // namespace dispatch

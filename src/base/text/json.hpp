#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

/// Appends `text` as a JSON string, with quotes (RFC 8259). Bytes that are not UTF-8 become U+FFFD. Terminal
/// control characters (base/text/printable.hpp) are escaped.
void append_json_string(std::string& out, std::string_view text);

/// True if `text` is one JSON value and otherwise only space (RFC 8259): valid UTF-8; allows numbers of any
/// size, unpaired surrogates in escapes, and any nesting.
bool is_json(std::string_view text);
/// The length of the valid beginning of `text`: up to the first invalid byte, or all of it if it is
/// incomplete. Nothing if is_json().
std::optional<std::size_t> json_fault(std::string_view text);

/// Appends one JSON object, flat or nested, to a string, with keys in the order added. The constructor opens
/// it, the destructor closes it.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;
  ~JsonObject() { out_ += '}'; }

  JsonObject& add(std::string_view key, std::string_view text);
  JsonObject& add(std::string_view key, const char* text) { return add(key, std::string_view{text}); }
  JsonObject& add(std::string_view key, std::int64_t number);
  JsonObject& add(std::string_view key, std::uint64_t number);
  JsonObject& add(std::string_view key, int number) { return add(key, static_cast<std::int64_t>(number)); }
  JsonObject& add(std::string_view key, unsigned number) {
    return add(key, static_cast<std::uint64_t>(number));
  }
  JsonObject& add(std::string_view key, double number);
  JsonObject& add(std::string_view key, bool truth);
  JsonObject& add_null(std::string_view key);
  /// `json` must be JSON text.
  JsonObject& add_raw(std::string_view key, std::string_view json);
  /// Like add_raw(), for JSON text from outside: terminal control characters in its strings are escaped (see
  /// printable.hpp).
  JsonObject& add_foreign(std::string_view key, std::string_view json);

  template <class T>
  JsonObject& add(std::string_view key, const std::optional<T>& value) {
    return value ? add(key, *value) : add_null(key);
  }

 private:
  void add_key(std::string_view key);

  std::string& out_;
  bool first_ = true;
};

}  // namespace dispatch

#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

/// Appends `text` as a JSON string, quotes included (RFC 8259). Bytes that are not UTF-8 become U+FFFD. What
/// steers a terminal (base/text/printable.hpp) is escaped, so that none of it reaches one.
void append_json_string(std::string& out, std::string_view text);

/// True where `text` is one JSON value and nothing else but space (RFC 8259): valid UTF-8, numbers of any
/// size, halves of surrogate pairs included, nested to any depth.
bool is_json(std::string_view text);
/// Where `text` stops being JSON: the bytes before the first that cannot follow, or all of them where more is
/// needed. Nothing where is_json().
std::optional<std::size_t> json_fault(std::string_view text);

/// Writes one flat or nested JSON object at the end of `out`, keys in the order added: opened by the
/// constructor, closed by the destructor. For listings and logs, where keys are only ever added.
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
  /// `json` is JSON text already.
  JsonObject& add_raw(std::string_view key, std::string_view json);
  /// The same for JSON text from outside: what steers a terminal is escaped in its strings (see
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

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dispatch::test {

/// The bytes of one input, taken from the front. A target takes its parameters first and its text last, so
/// that a seed is a text behind a few bytes that can be typed.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}

  /// The next byte; 0 where there is none.
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return static_cast<std::uint8_t>(c);
  }

  /// Up to the next `end`, which is taken and left out; all there is where there is none.
  std::string_view until(char end) {
    const auto at = rest_.find(end);
    const auto text = rest_.substr(0, at);
    rest_.remove_prefix(at == std::string_view::npos ? rest_.size() : at + 1);
    return text;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace dispatch::test

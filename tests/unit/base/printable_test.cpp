#include "base/text/printable.hpp"

#include "base/text/json.hpp"
#include "base/text/utf8.hpp"

#include <array>
#include <string>

#include <doctest/doctest.h>

using namespace dispatch;

namespace {

constexpr char32_t last_code_point = 0x10FFFF;

bool is_surrogate(char32_t code_point) {
  return code_point >= 0xD800 && code_point <= 0xDFFF;
}

std::string encoded(char32_t code_point) {
  const auto tail = [code_point](int shift) {
    return static_cast<char>(0x80 | (code_point >> shift & 0x3F));
  };
  if (code_point < 0x80) return {static_cast<char>(code_point)};
  if (code_point < 0x800) return {static_cast<char>(0xC0 | code_point >> 6), tail(0)};
  if (code_point < 0x10000) return {static_cast<char>(0xE0 | code_point >> 12), tail(6), tail(0)};
  return {static_cast<char>(0xF0 | code_point >> 18), tail(12), tail(6), tail(0)};
}

/// Valid UTF-8, in which nothing steers a terminal.
bool is_safe(std::string_view text) {
  while (!text.empty()) {
    const auto [length, code_point] = first_sequence(text);
    if (length == 0 || steers_terminal(code_point)) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace

TEST_CASE("every code point is decoded as it was encoded") {
  for (char32_t code_point = 0; code_point <= last_code_point; ++code_point) {
    const auto text = encoded(code_point);
    const auto read = first_sequence(text);
    if (is_surrogate(code_point))
      REQUIRE(read.length == 0);
    else
      REQUIRE((read.length == text.size() && read.code_point == code_point));
  }
}

TEST_CASE("the controls of terminals and of text direction are known") {
  for (const char32_t code_point :
       {0x00, 0x07, 0x08,   0x09,   0x0A,   0x0D,   0x1B,   0x1F,   0x7F,   0x80,   0x84,   0x9B,
        0x9D, 0x9F, 0x061C, 0x200E, 0x200F, 0x2028, 0x2029, 0x202A, 0x202E, 0x2066, 0x2069, 0x206F})
    CHECK(steers_terminal(code_point));
  for (const char32_t code_point : {0x20, 0x7E, 0xA0, 0xAD, 0x061B, 0x061D, 0x05D0, 0x200B, 0x200D, 0x2010,
                                    0x2027, 0x202F, 0x2065, 0x2070, 0x1F600})
    CHECK_FALSE(steers_terminal(code_point));
}

TEST_CASE("no code point that steers a terminal passes and every other stays as it is") {
  for (char32_t code_point = 0; code_point <= last_code_point; ++code_point) {
    if (is_surrogate(code_point)) continue;
    const auto text = "a" + encoded(code_point) + "b";
    const auto shown = printable(text);
    REQUIRE(is_safe(shown));
    REQUIRE((shown == text) == !steers_terminal(code_point));
    REQUIRE(printable(shown) == shown);
    const auto lines = printable_lines(text);
    REQUIRE(lines == (code_point == U'\n' ? text : shown));
    std::string json;
    append_json_string(json, text);
    REQUIRE(is_safe(json));
    REQUIRE(is_json(json));
  }
}

TEST_CASE("no two bytes make what steers a terminal") {
  for (unsigned first = 0; first < 256; ++first)
    for (unsigned second = 0; second < 256; ++second) {
      const std::string text{static_cast<char>(first), static_cast<char>(second)};
      REQUIRE(is_safe(printable(text)));
      REQUIRE(is_safe(escaped(text, 1)));
      REQUIRE(is_safe(escaped(text, 2)));
    }
}

TEST_CASE("what cannot be shown is spelled out") {
  CHECK(printable("a\x1b[2Jb") == R"(a\u001b[2Jb)");
  CHECK(printable("one\ntwo\r\t") == R"(one\ntwo\r\t)");
  CHECK(printable_lines("one\ntwo\r\n") == "one\ntwo\\r\n");
  CHECK(printable("\xC2\x9B"
                  "31m") == R"(\u009b31m)");
  CHECK(printable("\x9B"
                  "31m") == R"(\x9b31m)");
  CHECK(printable("\xE2\x80\xAEslj.exe") == R"(\u202eslj.exe)");
  CHECK(printable("\xC3\xBC \xC2\xA0") == "\xC3\xBC \xC2\xA0");
  CHECK(printable("\xE2\x82") == R"(\xe2\x82)");
}

TEST_CASE("text that is escaped can be read back and is cut at a whole character") {
  CHECK(escaped("a\x1b[31m\r\n\t\\\x7f", 100) == R"(a\u001b[31m\r\n\t\\\u007f)");
  CHECK(escaped("caf\xc3\xa9!", 4) == "caf...");
  CHECK(escaped("caf\xc3\xa9", 5) == "caf\xc3\xa9");
  CHECK(escaped("\xff", 5) == R"(\xff)");
  CHECK(escaped("\x80\x80\x80\x80\x80\x80", 5) == R"(\x80\x80...)");
}

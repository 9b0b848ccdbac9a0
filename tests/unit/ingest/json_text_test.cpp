#include "ingest/line/json_text.hpp"

#include <string>
#include <string_view>

#include <doctest/doctest.h>

using namespace dispatch::ingest;

namespace {

std::string blanked(std::string text) {
  blank_numbers(text);
  return text;
}

std::string_view first_value(std::string_view text) {
  return {text.data(), static_cast<std::size_t>(skip_value(text.data()) - text.data())};
}

}  // namespace

TEST_CASE("a value is skipped to its last byte") {
  CHECK(first_value(R"("a\"b\\" ,)") == R"("a\"b\\")");
  CHECK(first_value(R"({"a":"}","b":["\"]",{}]},1)") == R"({"a":"}","b":["\"]",{}]})");
  CHECK(first_value(R"("" ")") == R"("")");
  CHECK(first_value(R"("\\" ")") == R"("\\")");
  CHECK(first_value(R"("\\\"" ")") == R"("\\\"")");
  CHECK(first_value(R"("\"\"\\" ")") == R"("\"\"\\")");
  CHECK(first_value("-1.5e3]") == "-1.5e3");
  CHECK(first_value("true }") == "true");
}

TEST_CASE("blanked numbers keep every other byte in its place") {
  CHECK(blanked(R"({"a1":[-12.5e+3,7],"b":"99\"88"})") == R"({"a1":[0       ,0],"b":"99\"88"})");
}

TEST_CASE("what is no number is not blanked into one") {
  CHECK(blanked("[01,1.,-,.5,1e,--1,1-1]") == "[01,1.,-,.0,1e,--1,1-1]");
}

TEST_CASE("halves of surrogate pairs are replaced and nothing else") {
  const auto replaced = [](std::string text) {
    replace_half_pairs(text);
    return text;
  };
  CHECK(replaced(R"(["\ud83d\ude00","\u00e9","\\ud83d","\n"])") ==
        R"(["\ud83d\ude00","\u00e9","\\ud83d","\n"])");
  CHECK(replaced(R"("\uD83D\uD83D\uDE00\uDE00")") == R"("\uFFFD\uD83D\uDE00\uFFFD")");
  CHECK(replaced(R"("\ud83d\n\ud83")") == R"("\uFFFD\n\ud83")");
  CHECK(has_half_pair(R"("a\ude00")"));
  CHECK_FALSE(has_half_pair(R"("a\\ude00")"));
}

TEST_CASE("integers are told from other numbers by their spelling") {
  CHECK(is_integer("0"));
  CHECK(is_integer("-17"));
  CHECK_FALSE(is_integer(""));
  CHECK_FALSE(is_integer("-"));
  CHECK_FALSE(is_integer("01"));
  CHECK_FALSE(is_integer("1.0"));
  CHECK_FALSE(is_integer("1e2"));
  CHECK_FALSE(is_integer("+1"));
}

#include "cli/options/configuration/toml.hpp"

#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::cli;

namespace {

using Words = std::vector<std::string>;

Words values_of(std::string_view text) {
  const auto entries = read_toml(text);
  REQUIRE(entries);
  REQUIRE(entries->size() == 1);
  return entries->front().values;
}

std::string refusal(std::string_view text) {
  const auto entries = read_toml(text);
  REQUIRE_FALSE(entries);
  CHECK(entries.error().failure == Failure::usage);
  return entries.error().message;
}

}  // namespace

TEST_CASE("keys have the tables that they stand in and the lines on which they stand") {
  const auto entries =
      read_toml("\xEF\xBB\xBF# first\r\na = 1\r\n\n[run]\nb = true # why\nc.d = 'x'\n[x . y]\n e=\"\"");
  REQUIRE(entries);
  REQUIRE(entries->size() == 4);
  CHECK((*entries)[0].path == Words{"a"});
  CHECK((*entries)[0].line == 2);
  CHECK((*entries)[1].path == Words{"run", "b"});
  CHECK((*entries)[1].values == Words{"true"});
  CHECK((*entries)[2].path == Words{"run", "c", "d"});
  CHECK((*entries)[3].path == Words{"x", "y", "e"});
  CHECK((*entries)[3].values == Words{""});
  CHECK((*entries)[3].line == 8);
  CHECK(read_toml("").value().empty());
  CHECK(read_toml("# nothing").value().empty());
}

TEST_CASE("values are strings and numbers and booleans and arrays of those") {
  CHECK(values_of("a = \"x # y \\\" \\\\ \\t \\u00fc \\U0001F600\"") ==
        Words{"x # y \" \\ \t \xC3\xBC \xF0\x9F\x98\x80"});
  CHECK(values_of("a = 'C:\\dir # \"'") == Words{"C:\\dir # \""});
  for (const std::string number : {"0", "-5", "+5", "0.5", "100000000000000000000"})
    CHECK(values_of("a=" + number + "#") == Words{number});
  CHECK(values_of("a = [ 1, 'b', # c\n \"d,]\" ,\n]") == Words{"1", "b", "d,]"});
  CHECK(values_of("a = []").empty());
}

TEST_CASE("a value without quotes is refused with what to write") {
  CHECK(refusal("[run]\nto = http://a.test/") ==
        "line 2: the value of 'to' must be in quotes: to = \"http://a.test/\"");
  CHECK(refusal("\n\ntimeout = 5s") == "line 3: the value of 'timeout' must be in quotes: timeout = \"5s\"");
  CHECK(refusal("a = 10%").find("must be in quotes") != std::string::npos);
  CHECK(refusal("a = [1, b]").find("must be in quotes: a = \"b\"") != std::string::npos);
  CHECK(refusal("a = yes").find("must be in quotes") != std::string::npos);
  CHECK(refusal("a = 1979-05-27").find("must be in quotes") != std::string::npos);
}

TEST_CASE("what is no TOML is refused with its line") {
  CHECK(refusal("a") == "line 1: 'a' has no value; write a = ...");
  CHECK(refusal("a =\nb = 1") == "line 1: 'a' has no value; write a = ...");
  CHECK(refusal("\na = \"x") == "line 2: a quote of 'a' is not closed");
  CHECK(refusal("a = 'x\n'") == "line 1: a quote of 'a' is not closed");
  CHECK(refusal("a = [1,\n2") == "line 2: the array of 'a' is not closed");
  CHECK(refusal("a = [1 2]") == "line 1: the array of 'a' lacks a comma or its end");
  CHECK(refusal("a = 1 b = 2") == "line 1: unexpected text after the value: 'b = 2'; begin a new line");
  CHECK(refusal("[run\na = 1") == "line 1: the name of a table is not closed; write it as in [run]");
  CHECK(refusal("[[run]]") == "line 1: '[run]]' is not the name of an option or a command");
  CHECK(refusal("[]") == "line 1: ']' is not the name of an option or a command");
  CHECK(refusal("= 1") == "line 1: '= 1' is not the name of an option or a command");
  CHECK(refusal("a = 1\na = 2") == "line 2: 'a' is given twice");
  for (const std::string escape : {"\\q", "\\u12", "\\ud800", "\\U00110000", "\\"})
    CHECK(refusal("a = \"" + escape + "\"").find("line 1: ") == 0);
}

TEST_CASE("any text is read or refused with a line") {
  const std::string letters = "a=[]\"'\n#.1 \\,t";
  std::uint32_t state = 1;
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      state = state * 1'664'525 + 1'013'904'223;
      text += letters[(state >> 16) % letters.size()];
    }
    const auto entries = read_toml(text);
    if (!entries) REQUIRE(entries.error().message.starts_with("line "));
  }
}

#include "jq/error_text.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch;

namespace {

std::string shown(std::string_view message, std::string_view program = {}) {
  return jq::without_values(message, program);
}

constexpr std::string_view hidden = "it raised an error whose text is not shown, as it may hold the payload";

}  // namespace

TEST_CASE("of what jq says of a value the types stay and the values go") {
  CHECK(shown(R"(Cannot index number with "SECRET")") == hidden);
  CHECK(shown(R"(Cannot index number with string "SECRET")") == "Cannot index number with string");
  CHECK(shown("Cannot index array with object") == "Cannot index array with object");
  CHECK(shown(R"(Cannot iterate over string ("SECRET"))") == "Cannot iterate over string");
  CHECK(shown("Cannot iterate over null") == "Cannot iterate over null");
  CHECK(shown(R"(Cannot use array (["SECRET"]) as object key)") == "Cannot use array as object key");
  CHECK(shown(R"(string ("SECRET) and...) and object ({"SECRET":1}) cannot be added)") ==
        "string and object cannot be added");
  CHECK(shown(R"(number (1) and number (0) cannot be divided because the divisor is zero)") ==
        "number and number cannot be divided because the divisor is zero");
  CHECK(shown(R"(string ("SECRET") cannot be parsed as a number)") == "string cannot be parsed as a number");
  CHECK(shown(R"(Invalid path expression with result ["SECRET"])") == "Invalid path expression");
  CHECK(shown(R"(date "SECRET" does not match format "%Y")") == "the date does not match the format");
  CHECK(shown("Range bounds must be numeric") == "Range bounds must be numeric");
  CHECK(shown("input is not available") == "input is not available");
}

TEST_CASE("what a program raises itself is shown only where it stands in the program") {
  CHECK(shown("SECRET", "error(.x)") == hidden);
  CHECK(shown("no amount", R"(.amount // error("no amount"))") == "no amount");
  CHECK(shown("", "error(.x)") == hidden);
  CHECK(shown("null (null) not a string", "error") == hidden);
}

TEST_CASE("what only looks like the words of jq is not shown") {
  CHECK(shown("SECRET cannot be added") == hidden);
  CHECK(shown("stringSECRET cannot be added") == "string cannot be added");
  CHECK(shown("Cannot iterate over SECRET") == hidden);
  CHECK(shown("SECRET is not available") == "SECRET is not available");
}

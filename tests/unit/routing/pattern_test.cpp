#include "routing/pattern.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::routing;

namespace {

bool matches(std::string_view pattern, std::string_view type) {
  const auto parsed = Pattern::parse(pattern);
  CAPTURE(pattern);
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message);
  return parsed->matches(type);
}

std::string refusal(std::string_view text) {
  const auto pattern = Pattern::parse(text);
  CAPTURE(text);
  REQUIRE_FALSE(pattern.has_value());
  CHECK(pattern.error().failure == Failure::usage);
  return pattern.error().message;
}

}  // namespace

TEST_CASE("a pattern without a star means one type") {
  CHECK(matches("order.added", "order.added"));
  CHECK_FALSE(matches("order.added", "order.added.twice"));
  CHECK_FALSE(matches("order.added", "order"));
  CHECK_FALSE(matches("order.added", "Order.added"));
  CHECK_FALSE(matches("order", ""));
}

TEST_CASE("a prefix pattern means everything below it and not itself") {
  CHECK(matches("order.*", "order.added"));
  CHECK(matches("order.*", "order.item.added"));
  CHECK(matches("order.item.*", "order.item.added"));
  CHECK_FALSE(matches("order.item.*", "order.added"));
  CHECK_FALSE(matches("order.*", "order"));
  CHECK_FALSE(matches("order.*", "order."));
  CHECK_FALSE(matches("order.*", "orders.added"));
  CHECK_FALSE(matches("order.*", ""));
}

TEST_CASE("a star means every type and none") {
  CHECK(matches("*", "order.added"));
  CHECK(matches("*", ""));
}

TEST_CASE("a pattern that cannot be meant is refused with what may stand there") {
  const std::string forms =
      " has a star where none can be; a pattern is a type (order.added), all below a prefix (order.*), or "
      "'*' for all";
  for (const std::string text : {"order*", "*.added", "order.*.added", "**", "order.**", ".*", "a*b"})
    CHECK(refusal(text) == "the pattern \"" + text + "\"" + forms);
  CHECK(refusal("") == "a pattern for event types is empty; write '*' for all of them");
  CHECK(refusal(" order") == "the pattern \" order\" begins or ends with a space");
  CHECK(refusal("a\nb") == "the pattern \"a\\nb\" holds a control character, which no event type has");
  CHECK(refusal("a\xC2\x85") ==
        "the pattern \"a\\u0085\" holds a control character, which no event type has");
  CHECK(refusal("a\xFF") == "the pattern \"a\xEF\xBF\xBD\" is not UTF-8");
  CHECK(refusal(std::string(1025, 'a')).ends_with("is 1025 bytes long; the most is 1024"));
}

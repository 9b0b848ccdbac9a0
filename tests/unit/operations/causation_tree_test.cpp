#include "operations/causation_tree.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::operations;

namespace {

/// "a0 b1": ids and depths, in order; behind them '?' where the cause is away and '@' in a circle.
std::string told(const std::vector<std::pair<std::string, std::string>>& ids_and_causes) {
  std::vector<journal::EventRecord> events;
  for (const auto& [id, cause] : ids_and_causes) {
    auto& event = events.emplace_back();
    event.event_id = id;
    event.causation_id = cause;
  }
  std::string text;
  for (const auto& caused : causation_tree(events)) {
    CHECK(caused.parent.has_value() == (caused.cause == Cause::shown));
    if (caused.parent) CHECK(events[*caused.parent].event_id == events[caused.event].causation_id);
    text += fmt::format("{}{}{}{}{}", text.empty() ? "" : " ", events[caused.event].event_id, caused.depth,
                        caused.cause == Cause::away ? "?" : "", caused.cause == Cause::circle ? "@" : "");
  }
  return text;
}

}  // namespace

TEST_CASE("what an event caused stands behind it one further in") {
  CHECK(told({{"a", ""}, {"b", "a"}, {"x", ""}, {"c", "a"}, {"d", "b"}, {"y", "x"}}) == "a0 b1 d2 c1 x0 y1");
}

TEST_CASE("an effect that arrived before its cause stands behind it all the same") {
  CHECK(told({{"b", "a"}, {"a", ""}}) == "a0 b1");
}

TEST_CASE("a cause that is not there is told and not waited for") {
  CHECK(told({{"b", "gone"}, {"c", "b"}}) == "b0? c1");
}

TEST_CASE("events that cause each other or themselves are each told once") {
  CHECK(told({{"a", "c"}, {"b", "a"}, {"c", "b"}, {"d", "d"}, {"e", "a"}}) == "a0@ b1 c2 e1 d0@");
}

TEST_CASE("what a circle caused stands behind it although it arrived before") {
  CHECK(told({{"x", "y"}, {"y", "b"}, {"b", "a"}, {"a", "b"}}) == "b0@ y1 x2 a1");
}

TEST_CASE("a chain of a hundred thousand causes is told") {
  std::vector<std::pair<std::string, std::string>> chain;
  for (int i = 0; i < 100'000; ++i)
    chain.emplace_back(std::to_string(i), i == 0 ? "" : std::to_string(i - 1));
  CHECK(told(chain).ends_with(" 9999999999"));
}

TEST_CASE("circles by the thousand are told in time that follows their number") {
  constexpr int pairs = 50'000;
  std::vector<std::pair<std::string, std::string>> circles;
  for (int i = 0; i < pairs; ++i) {
    circles.emplace_back(fmt::format("a{}-", i), fmt::format("b{}-", i));
    circles.emplace_back(fmt::format("b{}-", i), fmt::format("a{}-", i));
  }
  CHECK(told(circles).ends_with("a49999-0@ b49999-1"));
}

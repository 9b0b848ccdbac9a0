#include "serve/inspector.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch::serve;

namespace {

DeliveryMark mark(const char* key, const char* entity, std::int64_t sequence) {
  return {.idempotency_key = key, .entity = entity, .sequence = sequence};
}

}  // namespace

TEST_CASE("deliveries in order are new and gaps between them are nothing to point out") {
  Inspector inspector;
  CHECK(inspector.inspect(mark("a", "X", 1), true) == Verdict::fresh);
  CHECK(inspector.inspect(mark("b", "X", 2), true) == Verdict::fresh);
  CHECK(inspector.inspect(mark("c", "X", 9), true) == Verdict::fresh);
  CHECK(inspector.inspect(mark("d", "Y", 1), true) == Verdict::fresh);
  CHECK(inspector.counts().requests == 4);
  CHECK(inspector.counts().completed == 4);
}

TEST_CASE("a key that comes again is a retry until it was answered with success and a duplicate after") {
  Inspector inspector;
  CHECK(inspector.inspect(mark("a", "X", 1), false) == Verdict::fresh);
  CHECK(inspector.inspect(mark("a", "X", 1), true) == Verdict::again);
  CHECK(inspector.inspect(mark("a", "X", 1), true) == Verdict::duplicate);
  CHECK(inspector.times_seen("a") == 3);
  CHECK(inspector.counts().again == 1);
  CHECK(inspector.counts().duplicates == 1);
  CHECK(inspector.counts().completed == 1);
}

TEST_CASE("a lower number than the last completed one of its entity is out of order") {
  Inspector inspector;
  inspector.inspect(mark("b", "X", 2), true);
  CHECK(inspector.inspect(mark("a", "X", 1), true) == Verdict::out_of_order);
  CHECK(inspector.inspect(mark("c", "X", 3), true) == Verdict::fresh);
  CHECK(inspector.inspect(mark("d", "Y", 1), true) == Verdict::fresh);
  CHECK(inspector.counts().out_of_order == 1);
}

TEST_CASE("a number that failed does not move its entity on") {
  Inspector inspector;
  inspector.inspect(mark("b", "X", 2), false);
  CHECK(inspector.inspect(mark("a", "X", 1), true) == Verdict::fresh);
}

TEST_CASE("the last completed number under another key is repeated") {
  Inspector inspector;
  inspector.inspect(mark("a", "X", 1), true);
  CHECK(inspector.inspect(mark("b", "X", 1), true) == Verdict::repeated);
  CHECK(inspector.counts().repeated == 1);
}

TEST_CASE("requests that say nothing of themselves are all new") {
  Inspector inspector;
  CHECK(inspector.inspect({}, true) == Verdict::fresh);
  CHECK(inspector.inspect({}, true) == Verdict::fresh);
  CHECK(inspector.counts().duplicates == 0);
}

TEST_CASE("what is remembered is bounded and what was asked for last is kept") {
  constexpr std::size_t bytes_most = 100'000;
  Inspector inspector{bytes_most};
  const auto key = [](int i) { return std::to_string(i) + std::string(200, 'k'); };
  for (int i = 0; i < 100'000; ++i) {
    inspector.inspect({.idempotency_key = key(i), .entity = key(i), .sequence = 1}, true);
    if (i == 100) CHECK_FALSE(inspector.has_forgotten());
    CHECK(inspector.inspect({.idempotency_key = "hot", .entity = "hot", .sequence = 1}, true) ==
          (i == 0 ? Verdict::fresh : Verdict::duplicate));
  }
  CHECK(inspector.has_forgotten());
  CHECK(inspector.times_seen(key(99'999)) == 1);
  CHECK(inspector.times_seen(key(0)) == 0);
}

TEST_CASE("memory does not follow the number of keys") {
  RecentMap<int> map{1'000'000};
  std::size_t known = 0;
  const std::string tail(1000, 'x');
  for (int i = 0; i < 50'000; ++i) map[std::to_string(i) + tail] = i;
  for (int i = 0; i < 50'000; ++i)
    if (map.find(std::to_string(i) + tail) != nullptr) ++known;
  CHECK(known > 400);
  CHECK(known < 1000);
}

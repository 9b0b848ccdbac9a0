#include "ingest/batch/batch.hpp"

#include <memory>
#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::ingest;

namespace {

Origin origin(std::string name, InputName::Counts counts, std::uint64_t number, std::uint64_t element = 0) {
  Origin made;
  made.from = std::make_shared<const InputName>(InputName{std::move(name), {}, counts});
  made.number = number;
  made.element = element;
  return made;
}

using Counts = InputName::Counts;

}  // namespace

TEST_CASE("an origin is described by what its input counts") {
  CHECK(describe(origin("events.jsonl", Counts::lines, 17)) == "events.jsonl, line 17");
  CHECK(describe(origin("-", Counts::lines, 2, 3)) == "standard input, line 2, element 3");
  CHECK(describe(origin("orders[3]", Counts::messages, 0)) == "orders[3]@0");
  CHECK(describe(origin("orders[3]", Counts::messages, 42, 2)) == "orders[3]@42, element 2");
  CHECK(describe(origin("api", Counts::requests, 7)) == "api, request 7");
}

TEST_CASE("a reject is described by its origin and its reason") {
  CHECK(describe(Reject{origin("a.jsonl", Counts::lines, 3), "why"}) == "a.jsonl, line 3: why");
}

TEST_CASE("origins are ordered by their input and their number there and their element") {
  Origin a = origin("a", Counts::lines, 1), b = a;
  CHECK_FALSE(stands_before(a, b));
  b.element = 1;
  CHECK(stands_before(a, b));
  a.input_number = 2;
  CHECK(stands_before(b, a));
  b.input = 1;
  CHECK(stands_before(a, b));
}

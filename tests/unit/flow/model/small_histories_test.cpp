// Every history, of so many events and so much misfortune.

#include "unit/flow/model/explorer.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

using Events = std::vector<Line>;

const char* const beside = "http://a.test/other";
const char* const far = "http://b.test/hook";
const char* const subscribed = "http://a.test/subscribed";
constexpr policy::BreakerPolicy breaker{
    .failures = 1, .open_for = std::chrono::seconds{30}, .probes = 1, .successes = 1};

const Events two_lanes{{"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}};
const Events three_entities{{"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}, {"z1", "Z", 1}};
const Events pairs{{"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}, {"y2", "Y", 2}};
const Events long_lane{{"x1", "X", 1}, {"x2", "X", 2}, {"x3", "X", 3}, {"y1", "Y", 1}};
const Events one_lane{{"x1", "X", 1}, {"x2", "X", 2}, {"x3", "X", 3}, {"x4", "X", 4}};
const Events two_ways{{"x1", "X", 1}, {"x2", "X", 2, beside}, {"x3", "X", 3}, {"y1", "Y", 1}};
const Events two_hosts{{"x1", "X", 1}, {"x2", "X", 2, far}, {"y1", "Y", 1}};
const Events unnumbered{{"a", "", {}}, {"b", "", {}}, {"x1", "X", {}}, {"x2", "X", {}}};
const Events one_pair{{"x1", "X", 1}, {"x2", "X", 2}};
const Events one_pair_subscribed{{"x1", "X", 1, ""}, {"x2", "X", 2, ""}};
const Events two_subscribed{{"x1", "X", 1, ""}, {"x2", "X", 2, ""}, {"y1", "Y", 1, ""}};
const Events two_alone{{"x1", "X", 1}, {"y1", "Y", 1}};
const Events late_starts{{"x3", "X", 3}, {"x1", "X", 1}, {"x2", "X", 2}, {"y1", "Y", 1}};
const Events late_starts_two_ways{
    {"x3", "X", 3, beside}, {"x1", "X", 1}, {"x2", "X", 2, beside}, {"y1", "Y", 1}};
const Events late_subscribed{{"x2", "X", 2, ""}, {"x1", "X", 1, ""}, {"x0", "X", 0, ""}};
constexpr journal::StreamStart first_seen{.rule = journal::StreamStart::Rule::first, .at = {}};
const Events refusals{{"x0", "X", 0}, {"x1", "X", 1}, {"also", "X", 1}, {"x2", "X", 2}};

void explored(const Setting& setting, const Bounds& bounds) {
  const auto found = explore(setting, bounds);
  if (found.failure) FAIL(to_test(setting, *found.failure));
  CHECK(found.complete);
  MESSAGE(found.histories << " histories, " << found.states << " states, " << found.steps << " steps");
}

}  // namespace

TEST_CASE("every history of four events with a failure and a crash" * doctest::test_suite("long")) {
  const Bounds bounds{.failures = 1, .crashes = 1};
  SUBCASE("of two entities in pairs") {
    explored({.events = pairs}, bounds);
  }
  SUBCASE("of three entities") {
    explored({.events = three_entities}, bounds);
  }
  SUBCASE("of a long lane and a short one") {
    explored({.events = long_lane}, bounds);
  }
  SUBCASE("of one lane") {
    explored({.events = one_lane}, bounds);
  }
  SUBCASE("of one entity at two destinations of a host") {
    explored({.events = two_ways}, bounds);
  }
  SUBCASE("without numbers") {
    explored({.events = unnumbered}, bounds);
  }
  SUBCASE("of which some are refused") {
    explored({.events = refusals}, bounds);
  }
}

TEST_CASE("every history in which the start of a stream is lowered while nothing of it was sent" *
          doctest::test_suite("long")) {
  SUBCASE("with a failure and a crash") {
    explored({.events = late_starts, .rules = {.start = first_seen}}, {.failures = 1, .crashes = 1});
  }
  SUBCASE("at two destinations of a host with a crash and a pause") {
    explored({.events = late_starts_two_ways, .rules = {.start = first_seen}},
             {.failures = 0, .crashes = 1, .pauses = 1});
  }
  SUBCASE("by another process with an operator who skips gaps") {
    explored({.events = {late_starts.begin(), late_starts.begin() + 3}, .rules = {.start = first_seen}},
             {.failures = 0, .crashes = 1, .operators = 1, .elsewhere = 2});
  }
  SUBCASE("of a subscription that is paused and resumed") {
    explored({.events = late_subscribed, .rules = {.subscribed = subscribed, .start = first_seen}},
             {.failures = 0, .halts = 1});
  }
  SUBCASE("in a file of which each is verified") {
    explored({.events = {late_starts.begin(), late_starts.begin() + 2},
              .rules = {.start = first_seen},
              .place = in_files()},
             {.failures = 0, .crashes = 1});
  }
}

TEST_CASE("every history in which gaps are ignored" * doctest::test_suite("long")) {
  const Setting setting{.events = late_starts, .rules = {.start = {.gaps = journal::Gaps::ignore}}};
  SUBCASE("with a failure and a crash") {
    explored(setting, {.failures = 1, .crashes = 1});
  }
  SUBCASE("in a file of which each is verified") {
    explored({.events = {late_starts.begin(), late_starts.begin() + 2},
              .rules = {.start = {.rule = journal::StreamStart::Rule::first, .gaps = journal::Gaps::ignore}},
              .place = in_files()},
             {.failures = 0, .crashes = 1});
  }
}

TEST_CASE("every history of three events with two failures and a crash and a pause") {
  explored({.events = two_lanes}, {.failures = 2, .crashes = 1, .pauses = 1});
}

TEST_CASE("every history of three events of which one is committed ahead" * doctest::test_suite("long")) {
  const Setting setting{.events = two_lanes, .rules = {.per_host = 1, .ahead = 1}};
  SUBCASE("with failures and a crash") {
    explored(setting, {.failures = 2, .crashes = 1, .pauses = 1});
  }
  SUBCASE("with a stop") {
    explored(setting, {.failures = 1, .stops = 1, .aborts = 1, .pauses = 1});
  }
}

TEST_CASE("every history of three events with a dead letter and an operator and a crash" *
          doctest::test_suite("long")) {
  explored({.events = two_lanes}, {.failures = 0, .give_ups = 1, .crashes = 1, .operators = 1, .pauses = 1});
}

TEST_CASE("every history of three events in which the run is told to stop") {
  explored({.events = two_lanes}, {.failures = 1, .stops = 1, .aborts = 1, .pauses = 1});
}

TEST_CASE("every history of three events of which another process appends some" *
          doctest::test_suite("long")) {
  explored({.events = two_lanes}, {.failures = 0, .crashes = 1, .duplicates = 1, .elsewhere = 2});
}

TEST_CASE("every history of two events that go to a subscription beside their own destination") {
  SUBCASE("at the same host") {
    explored({.events = one_pair, .rules = {.subscribed = subscribed}}, {.failures = 1, .crashes = 1});
  }
  SUBCASE("at another host") {
    explored({.events = one_pair, .rules = {.subscribed = far}},
             {.failures = 0, .crashes = 1, .removals = 1});
  }
}

TEST_CASE("every history of a subscription whose URL is changed") {
  SUBCASE("with a failure and a crash") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}},
             {.failures = 1, .crashes = 1, .moves = 1});
  }
  SUBCASE("beside direct deliveries and moved back") {
    explored({.events = one_pair, .rules = {.subscribed = subscribed}}, {.failures = 0, .moves = 2});
  }
  SUBCASE("that is paused and resumed") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}},
             {.failures = 1, .halts = 1, .moves = 1});
  }
  SUBCASE("with a dead letter that is released") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}},
             {.failures = 0, .give_ups = 1, .operators = 1, .moves = 1});
  }
  SUBCASE("with a circuit that opens and is probed") {
    explored({.events = two_subscribed, .rules = {.subscribed = subscribed, .breaker = breaker}},
             {.failures = 1, .moves = 1});
  }
}

TEST_CASE("every history of a subscription that is paused and resumed") {
  SUBCASE("with a failure and a crash") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}},
             {.failures = 1, .crashes = 1, .halts = 1});
  }
  SUBCASE("twice and beside direct deliveries") {
    explored({.events = one_pair, .rules = {.subscribed = subscribed}}, {.failures = 0, .halts = 2});
  }
  SUBCASE("and removed") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}},
             {.failures = 1, .crashes = 1, .halts = 1, .removals = 1});
  }
  SUBCASE("while a run is told to stop") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}},
             {.failures = 1, .halts = 1, .stops = 1});
  }
}

TEST_CASE("every history in which deliveries are replayed") {
  SUBCASE("direct ones with a failure and a crash") {
    explored({.events = one_pair}, {.failures = 1, .crashes = 1, .replays = 2});
  }
  SUBCASE("of a subscription that may be removed") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}},
             {.failures = 1, .removals = 1, .replays = 1});
  }
}

TEST_CASE("every history in which a receiver asks for time" * doctest::test_suite("long")) {
  SUBCASE("with a failure and a crash") {
    explored({.events = two_lanes}, {.failures = 1, .throttles = 1, .crashes = 1});
  }
  SUBCASE("twice and at two requests at a time") {
    explored({.events = two_lanes, .rules = {.per_host = 2}}, {.failures = 1, .throttles = 2});
  }
  SUBCASE("with retries that wait longer") {
    explored({.events = two_lanes, .rules = {.retry_after = std::chrono::seconds{5}}},
             {.failures = 1, .throttles = 2});
  }
  SUBCASE("beside another destination of its host") {
    explored({.events = two_ways}, {.failures = 0, .throttles = 2});
  }
  SUBCASE("and an operator does not wait for that") {
    explored({.events = two_lanes}, {.failures = 1, .throttles = 1, .operators = 1});
  }
  SUBCASE("of a subscription whose URL is changed") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}},
             {.failures = 0, .throttles = 1, .crashes = 1, .moves = 1});
  }
  SUBCASE("of a subscription that is paused and resumed") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}},
             {.failures = 0, .throttles = 1, .crashes = 1, .halts = 1});
  }
  SUBCASE("while its circuit is open or probed") {
    explored({.events = two_alone, .rules = {.breaker = breaker}},
             {.failures = 1, .throttles = 1, .crashes = 1});
  }
  SUBCASE("while the run is told to stop") {
    explored({.events = two_lanes}, {.failures = 0, .throttles = 1, .stops = 1});
  }
  SUBCASE("in a file of which each is verified") {
    explored({.events = one_pair, .place = in_files()}, {.failures = 0, .throttles = 1, .crashes = 1});
  }
}

TEST_CASE("every history in which an operator cancels what waits or has it tried now" *
          doctest::test_suite("long")) {
  SUBCASE("with a failure and a crash") {
    explored({.events = two_lanes}, {.failures = 1, .crashes = 1, .operators = 1});
  }
  SUBCASE("twice in one lane") {
    explored({.events = one_lane}, {.failures = 1, .operators = 2});
  }
  SUBCASE("and releases or discards a dead letter") {
    explored({.events = two_lanes}, {.failures = 1, .give_ups = 1, .operators = 2});
  }
  SUBCASE("of a subscription that is paused and resumed") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}},
             {.failures = 1, .operators = 1, .halts = 1});
  }
  SUBCASE("while the circuit is open") {
    explored({.events = two_alone, .rules = {.breaker = breaker}}, {.failures = 2, .operators = 1});
  }
  SUBCASE("and replays what was cancelled") {
    explored({.events = one_pair}, {.failures = 1, .operators = 1, .replays = 1});
  }
  SUBCASE("in a file of which each is verified") {
    explored({.events = one_pair, .place = in_files()}, {.failures = 1, .operators = 1});
  }
}

TEST_CASE("every history with a circuit that opens and is probed") {
  SUBCASE("with a crash") {
    explored({.events = two_lanes, .rules = {.breaker = breaker}}, {.failures = 2, .crashes = 1});
  }
  SUBCASE("at the second failure") {
    auto patient = breaker;
    patient.failures = 2;
    explored({.events = two_lanes, .rules = {.per_host = 2, .breaker = patient}}, {.failures = 3});
  }
  SUBCASE("with a dead letter that is released") {
    explored({.events = two_alone, .rules = {.attempts = 1, .breaker = breaker}},
             {.failures = 2, .operators = 1});
  }
  SUBCASE("of a subscription that is paused and resumed") {
    explored({.events = two_subscribed, .rules = {.subscribed = subscribed, .breaker = breaker}},
             {.failures = 1, .halts = 1});
  }
  SUBCASE("beside another destination of its host") {
    explored({.events = one_pair, .rules = {.subscribed = subscribed, .breaker = breaker}}, {.failures = 2});
  }
}

TEST_CASE("every history of two events in a file of which each is verified" * doctest::test_suite("long")) {
  SUBCASE("with a failure and a crash") {
    explored({.events = one_pair, .place = in_files()}, {.failures = 1, .crashes = 1});
  }
  SUBCASE("to a subscription that is paused") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}, .place = in_files()},
             {.failures = 0, .halts = 1});
  }
}

// --- Not in every test run

TEST_CASE("longer: failures and crashes and operators" * doctest::skip()) {
  const Bounds bounds{.failures = 2, .give_ups = 1, .crashes = 1, .operators = 1, .pauses = 1};
  SUBCASE("of two lanes") {
    explored({.events = two_lanes}, bounds);
  }
  SUBCASE("of two lanes at a time") {
    explored({.events = two_lanes, .rules = {.per_host = 2}}, bounds);
  }
  SUBCASE("of two lanes with short waits") {
    explored({.events = two_lanes, .rules = {.backoff = std::chrono::seconds{1}}}, bounds);
  }
  SUBCASE("of two hosts and one worker") {
    explored({.events = two_hosts, .rules = {.workers = 1}}, bounds);
  }
}

TEST_CASE("longer: a subscription" * doctest::skip()) {
  SUBCASE("that is paused and resumed with a failure and a crash") {
    explored({.events = two_subscribed, .rules = {.subscribed = subscribed}},
             {.failures = 1, .crashes = 1, .halts = 1});
  }
  SUBCASE("beside direct deliveries that is paused and resumed and removed") {
    explored({.events = one_pair, .rules = {.subscribed = subscribed}},
             {.failures = 1, .crashes = 1, .halts = 1, .removals = 1});
  }
  SUBCASE("in a file with replays") {
    explored({.events = one_pair_subscribed, .rules = {.subscribed = subscribed}, .place = in_files()},
             {.failures = 1, .halts = 1, .removals = 1, .replays = 1});
  }
}

TEST_CASE("longer: in a file of which each is verified" * doctest::skip()) {
  SUBCASE("with a stream whose start is lowered") {
    explored({.events = {late_starts.begin(), late_starts.begin() + 3},
              .rules = {.start = first_seen},
              .place = in_files()},
             {.failures = 0, .crashes = 1});
  }
  SUBCASE("with an operator") {
    explored({.events = one_pair, .place = in_files()}, {.failures = 1, .crashes = 1, .operators = 1});
  }
}

TEST_CASE("longer: two hosts with failures and a crash and a pause" * doctest::skip()) {
  explored({.events = two_hosts}, {.failures = 2, .crashes = 1, .pauses = 1});
}

TEST_CASE("longer: two crashes and a pause" * doctest::skip()) {
  const Bounds bounds{.failures = 1, .crashes = 2, .pauses = 1};
  SUBCASE("of pairs") {
    explored({.events = pairs}, bounds);
  }
  SUBCASE("of three entities") {
    explored({.events = three_entities}, bounds);
  }
  SUBCASE("of one lane") {
    explored({.events = one_lane}, bounds);
  }
}

TEST_CASE("longer: what the dispatcher remembers is told apart" * doctest::skip()) {
  explored({.events = two_lanes}, {.failures = 1, .crashes = 1, .pauses = 1, .memory = 3});
  explored({.events = two_lanes, .rules = {.ahead = 1}}, {.failures = 1, .crashes = 1, .memory = 1000});
}

TEST_CASE("longer: several processes" * doctest::skip()) {
  explored({.events = pairs}, {.failures = 1, .crashes = 1, .operators = 1, .elsewhere = 2});
}

TEST_CASE("longer: in a file" * doctest::skip()) {
  explored({.events = two_lanes, .place = in_files()}, {.failures = 1, .crashes = 1});
  explored({.events = two_lanes, .place = in_files()}, {.failures = 0, .give_ups = 1, .operators = 1});
  explored({.events = two_lanes, .place = in_files()}, {.failures = 1, .stops = 1, .aborts = 1});
}

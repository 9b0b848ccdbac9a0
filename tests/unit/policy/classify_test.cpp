#include "policy/classify.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::policy;

namespace {

Outcome answered(int status) {
  Outcome outcome;
  outcome.kind = OutcomeKind::answered;
  outcome.status = status;
  return outcome;
}

}  // namespace

TEST_CASE("only 2xx is a success unless the table says otherwise") {
  for (const int status : {200, 201, 204, 299}) CHECK(classify(answered(status), {}) == Meaning::success);
  for (const int status : {100, 199, 301, 302, 400, 404, 410, 500, 503})
    CHECK(classify(answered(status), {}) == Meaning::retry);
}

TEST_CASE("what was not answered is retried and what was refused is dead") {
  for (const auto kind : {OutcomeKind::timeout, OutcomeKind::connect_error, OutcomeKind::broken}) {
    Outcome outcome;
    outcome.kind = kind;
    outcome.status = 200;
    CHECK(classify(outcome, {}) == Meaning::retry);
  }
  Outcome refused;
  refused.kind = OutcomeKind::refused;
  CHECK(classify(refused, {}) == Meaning::dead);
}

TEST_CASE("a receiver asks for time with 429 or with 503 and a time unless the table says otherwise") {
  CHECK(classify(answered(429), {}) == Meaning::throttled);
  Outcome busy = answered(503);
  CHECK(classify(busy, {}) == Meaning::retry);
  busy.retry_after = std::chrono::seconds{1};
  CHECK(classify(busy, {}) == Meaning::throttled);
  CHECK(classify(busy, {{503, Meaning::retry}}) == Meaning::retry);
  CHECK(classify(answered(429), {{429, Meaning::dead}}) == Meaning::dead);
  Outcome failed = answered(500);
  failed.retry_after = std::chrono::seconds{1};
  CHECK(classify(failed, {}) == Meaning::retry);
  Outcome broken = answered(429);
  broken.kind = OutcomeKind::broken;
  CHECK_FALSE(asks_for_time(broken));
}

TEST_CASE("a failure of this machine is repeated and what is not meant is excluded") {
  Outcome outcome;
  outcome.kind = OutcomeKind::local_failure;
  CHECK(classify(outcome, {}) == Meaning::repeat);
  outcome.kind = OutcomeKind::not_meant;
  CHECK(classify(outcome, {}) == Meaning::exclude);
}

TEST_CASE(
    "what a broker acknowledged is a success and what it declined is retried unless that is permanent") {
  Outcome outcome;
  outcome.kind = OutcomeKind::acknowledged;
  CHECK(classify(outcome, {}) == Meaning::success);
  outcome.kind = OutcomeKind::declined;
  CHECK(classify(outcome, {}) == Meaning::retry);
  outcome.permanent = true;
  CHECK(classify(outcome, {}) == Meaning::dead);
}

TEST_CASE("a status table and the wish for time are about HTTP answers alone") {
  const StatusTable table{
      {0, Meaning::dead}, {404, Meaning::success}, {429, Meaning::dead}, {503, Meaning::pause}};
  Outcome outcome;
  outcome.retry_after = std::chrono::seconds{1};
  outcome.kind = OutcomeKind::acknowledged;
  CHECK(classify(outcome, table) == Meaning::success);
  outcome.kind = OutcomeKind::declined;
  for (const int code : {0, 404, 429, 503, 10071, -1}) {
    outcome.code = code;
    CHECK(classify(outcome, table) == Meaning::retry);
    CHECK_FALSE(asks_for_time(outcome));
  }
}

TEST_CASE("a status table changes what answers mean") {
  const auto table = parse_status_table("410=dead,409=ok,200=retry");
  REQUIRE(table);
  CHECK(classify(answered(410), *table) == Meaning::dead);
  CHECK(classify(answered(409), *table) == Meaning::success);
  CHECK(classify(answered(200), *table) == Meaning::retry);
  CHECK(classify(answered(201), *table) == Meaning::success);
}

TEST_CASE("a status table that cannot be meant is refused") {
  for (const char* text : {"410", "=dead", "99=ok", "600=ok", "410=gone", "410=dead,410=ok", "4x0=ok", ","}) {
    CAPTURE(text);
    const auto table = parse_status_table(text);
    REQUIRE_FALSE(table);
    CHECK(table.error().failure == Failure::usage);
  }
  CHECK(parse_status_table("")->empty());
}

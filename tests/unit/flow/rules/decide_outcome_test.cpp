#include "flow/rules/decide_outcome.hpp"

#include "support/scripted_transport.hpp"

#include <iterator>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::flow;
using namespace std::chrono_literals;

namespace {

constexpr WallTime now{1'700'000'000s};

journal::DeliveryRow in_flight(unsigned attempts, unsigned forgiven = 0) {
  journal::DeliveryRow row;
  row.state = DeliveryState::in_flight;
  row.attempts = attempts;
  row.forgiven = forgiven;
  return row;
}

journal::Settlement judged(const journal::DeliveryRow& row, const Outcome& outcome,
                           const RunOptions& options = {}) {
  return decide_outcome(row, outcome, DeliveryPolicy{options}, options.orphans, now, 0).settlement;
}

}  // namespace

TEST_CASE("a success completes") {
  const auto outcome = test::answered(204);
  CHECK(judged(in_flight(5), outcome).by == Transition::succeed);
}

TEST_CASE("what a broker acknowledged completes and what it declined is a failure as another") {
  RunOptions options;
  options.statuses = {{0, policy::Meaning::dead}, {10071, policy::Meaning::success}};
  CHECK(judged(in_flight(5), test::acknowledged(), options).by == Transition::succeed);
  const auto declined = test::declined(10071, "NATS 10071: wrong last sequence");
  CHECK(judged(in_flight(1), declined, options).by == Transition::retry);
  CHECK(judged(in_flight(1), declined, options).due == now + 1s);
  CHECK_FALSE(judged(in_flight(1), declined, options).forgive);
  CHECK(judged(in_flight(5), declined, options).by == Transition::bury);
  const auto permanent = test::declined(10, "Kafka 10: message too large", true);
  CHECK(judged(in_flight(1), permanent, options).by == Transition::bury);
}

TEST_CASE("failures wait one two four and eight seconds and the fifth is the last") {
  const auto outcome = test::answered(500);
  const std::chrono::seconds waits[] = {1s, 2s, 4s, 8s};
  for (unsigned attempt = 1; attempt <= 4; ++attempt) {
    const auto settlement = judged(in_flight(attempt), outcome);
    CHECK(settlement.by == Transition::retry);
    CHECK(settlement.due == now + waits[attempt - 1]);
  }
  CHECK(judged(in_flight(5), outcome).by == Transition::bury);
}

TEST_CASE("forgiven attempts count neither against the limit nor in the backoff") {
  const auto outcome = test::answered(500);
  const auto settlement = judged(in_flight(9, 8), outcome);
  CHECK(settlement.by == Transition::retry);
  CHECK(settlement.due == now + 1s);
}

TEST_CASE("an unknown outcome is forgiven and goes where the orphans go") {
  const auto outcome = test::unanswered(OutcomeKind::unknown);
  RunOptions options;
  auto settlement = judged(in_flight(5), outcome, options);
  CHECK(settlement.by == Transition::retry);
  CHECK(settlement.forgive);
  options.orphans = journal::Orphans::hold;
  settlement = judged(in_flight(1), outcome, options);
  CHECK(settlement.by == Transition::bury);
  CHECK(settlement.forgive);
}

TEST_CASE("what was withdrawn costs no attempt and may go at once whatever the orphans do") {
  RunOptions options;
  options.orphans = journal::Orphans::hold;
  const auto outcome = test::unanswered(OutcomeKind::withdrawn);
  const auto settlement = judged(in_flight(5), outcome, options);
  CHECK(settlement.by == Transition::retry);
  CHECK(settlement.forgive);
  CHECK(settlement.due == now);
}

TEST_CASE("a failure of this machine costs no attempt and is repeated after a backoff that grows") {
  const auto outcome = test::unanswered(OutcomeKind::local_failure);
  const std::chrono::seconds waits[] = {1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s};
  for (unsigned before = 0; before < std::size(waits); ++before) {
    const auto settlement = judged(in_flight(before + 5, before), outcome);
    CHECK(settlement.by == Transition::retry);
    CHECK(settlement.forgive);
    CHECK(settlement.due == now + waits[before]);
  }
}

TEST_CASE("what is not meant is excluded whatever the limit of attempts") {
  const auto settlement = judged(in_flight(5), test::unanswered(OutcomeKind::not_meant));
  CHECK(settlement.by == Transition::exclude);
  CHECK(settlement.forgive);
}

TEST_CASE("what was refused is dead at once and a Retry-After is a floor") {
  CHECK(judged(in_flight(1), test::unanswered(OutcomeKind::refused)).by == Transition::bury);
  auto busy = test::answered(503);
  busy.retry_after = 30s;
  CHECK(judged(in_flight(1), busy).due == now + 30s);
}

TEST_CASE(
    "a receiver that says when to come back spends no attempt and holds its destination back until then") {
  for (const int status : {429, 503}) {
    auto busy = test::answered(status);
    busy.retry_after = 30s;
    const auto decision =
        decide_outcome(in_flight(5), busy, DeliveryPolicy{RunOptions{}}, journal::Orphans::retry, now, 0.99);
    CHECK(decision.meaning == policy::Meaning::throttled);
    CHECK(decision.kind == OutcomeKind::throttled);
    CHECK(decision.hold == 30s);
    CHECK(decision.settlement.by == Transition::retry);
    CHECK(decision.settlement.forgive);
    CHECK(decision.settlement.due == now + 30s);
    CHECK(decision.settlement.throttled_since == now);
  }
}

TEST_CASE("a receiver never asks for more time than a Retry-After may") {
  auto busy = test::answered(429);
  busy.retry_after = 24h;
  const auto decision =
      decide_outcome(in_flight(1), busy, DeliveryPolicy{RunOptions{}}, journal::Orphans::retry, now, 0);
  CHECK(decision.hold == 1h);
  CHECK(decision.settlement.due == now + 1h);
}

TEST_CASE(
    "a receiver that asks for time and does not say how much spends an attempt and is held back by the "
    "backoff") {
  const auto busy = test::answered(429);
  const auto decision =
      decide_outcome(in_flight(3), busy, DeliveryPolicy{RunOptions{}}, journal::Orphans::retry, now, 0);
  CHECK(decision.kind == OutcomeKind::answered);
  CHECK(decision.hold == 4s);
  CHECK_FALSE(decision.settlement.forgive);
  CHECK(decision.settlement.due == now + 4s);
  CHECK_FALSE(decision.settlement.throttled_since);
  const auto last =
      decide_outcome(in_flight(5), busy, DeliveryPolicy{RunOptions{}}, journal::Orphans::retry, now, 0);
  CHECK(last.settlement.by == Transition::bury);
  CHECK(last.hold == 16s);
}

TEST_CASE("a receiver that asks for time for longer than it may spends attempts") {
  auto busy = test::answered(429);
  busy.retry_after = 30s;
  RunOptions options;
  options.retry.throttled_most = 10min;
  const auto since = [&](WallTime moment, unsigned attempts) {
    auto row = in_flight(attempts, 4);
    row.throttled_since = moment;
    return decide_outcome(row, busy, DeliveryPolicy{options}, options.orphans, now, 0);
  };
  CHECK(since(now - 10min + 1s, 5).settlement.forgive);
  CHECK(since(now - 10min + 1s, 5).settlement.throttled_since == now - 10min + 1s);
  const auto spent = since(now - 10min, 5);
  CHECK_FALSE(spent.settlement.forgive);
  CHECK(spent.kind == OutcomeKind::answered);
  CHECK(spent.hold == 30s);
  CHECK(spent.settlement.due == now + 30s);
  CHECK(since(now - 10min, 9).settlement.by == Transition::bury);
  // A clock that was set back leaves no more time than a clock that stands right.
  CHECK(since(now + 24h, 5).settlement.throttled_since == now);
  options.retry.throttled_most = 0s;
  CHECK_FALSE(decide_outcome(in_flight(1), busy, DeliveryPolicy{options}, options.orphans, now, 0)
                  .settlement.forgive);
}

TEST_CASE("what a status table says of a receiver that asks for time counts") {
  auto busy = test::answered(429);
  busy.retry_after = 30s;
  RunOptions options;
  options.statuses = {{429, policy::Meaning::retry}};
  const auto decision = decide_outcome(in_flight(1), busy, DeliveryPolicy{options}, options.orphans, now, 0);
  CHECK_FALSE(decision.hold);
  CHECK_FALSE(decision.settlement.forgive);
  CHECK(decision.settlement.due == now + 30s);
}

#include "flow/judge.hpp"

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
  return judge(row, outcome, Terms{options}, options.orphans, now, 0).settlement;
}

}  // namespace

TEST_CASE("a success completes") {
  const auto outcome = test::answered(204);
  CHECK(judged(in_flight(5), outcome).by == Transition::succeed);
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

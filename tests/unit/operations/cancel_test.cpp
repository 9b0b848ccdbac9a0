// Deliveries that are given up before they were sent.

#include "operations/cancel.hpp"

#include "support/fakes.hpp"
#include "unit/journal/journals.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

/// Four events of two entities each, of which the first three came by a wrong file.
std::vector<test::Line> from_two_files() {
  std::vector<test::Line> lines;
  for (int sequence = 1; sequence <= 4; ++sequence) {
    for (const char entity : {'x', 'y'}) {
      test::Line line{.id = fmt::format("{}{}", entity, sequence), .entity = std::string{entity}};
      line.input = sequence <= 3 ? "/wrong" : "/right";
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace

TEST_CASE_TEMPLATE("a whole file is cancelled however few deliveries are cancelled at a time", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, from_two_files());
  const ManualClock clock;
  CHECK(operations::cancel(*journal, clock, {.inputs = {"/wrong"}}, {.dry_run = true}).value().deliveries ==
        6);
  const auto cancelled =
      operations::cancel(*journal, clock, {.inputs = {"/wrong"}}, {.at_a_time = 2}).value();
  CHECK(cancelled.deliveries == 6);
  CHECK(journal->state_counts().value().of(DeliveryState::failed) == 6);
  // One wakeup for each lane, when its head had gone; and the lanes go on with what came by the other file.
  const auto wakeups = journal->wakeups(0, 10).value();
  REQUIRE(wakeups.size() == 2);
  for (const auto& wakeup : wakeups) CHECK(journal->head(wakeup.key).value()->sequence == SequenceNumber{4});
}

TEST_CASE_TEMPLATE("the tail of a lane is cancelled before its head", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1"}, {.id = "2"}, {.id = "3"}});
  const ManualClock clock;
  // After each transaction nothing may be sent that is about to be cancelled.
  std::vector<std::int64_t> pending;
  class Watched final : public Clock {
   public:
    Watched(const ManualClock& clock, Journal& journal, std::vector<std::int64_t>& pending)
        : clock_(clock), journal_(journal), pending_(pending) {}
    WallTime wall() const override {
      pending_.push_back(journal_.state_counts().value().of(DeliveryState::pending));
      CHECK(state_of(journal_, 1) == DeliveryState::pending);
      return clock_.wall();
    }
    SteadyTime steady() const override { return clock_.steady(); }

   private:
    const ManualClock& clock_;
    Journal& journal_;
    std::vector<std::int64_t>& pending_;
  };
  const Watched watched{clock, *journal, pending};
  CHECK(operations::cancel(*journal, watched, {}, {.at_a_time = 1}).value().deliveries == 3);
  CHECK(pending == std::vector<std::int64_t>{3, 2, 1});
}

TEST_CASE_TEMPLATE("what is under way or dead is counted and left", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "1", .entity = "x"}, {.id = "2", .entity = "y"}, {.id = "3", .entity = "z"}});
  begin(*journal, delivery(*journal, 1));
  attempt(*journal, 2, Transition::bury);
  const ManualClock clock;
  const auto cancelled = operations::cancel(*journal, clock, {}).value();
  CHECK(cancelled.deliveries == 1);
  CHECK(cancelled.in_flight == 1);
  CHECK(cancelled.dead_letters == 1);
  CHECK(state_of(*journal, 1) == DeliveryState::in_flight);
  CHECK(state_of(*journal, 2) == DeliveryState::dead_letter);
}

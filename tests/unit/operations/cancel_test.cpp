// Deliveries that are given up before they were sent.

#include "operations/cancel.hpp"

#include "support/fakes.hpp"
#include "support/journal/flawed_journal.hpp"
#include "unit/journal/journals.hpp"

#include <functional>
#include <memory>
#include <utility>

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

/// A journal in which a run does something before each transaction of the operator.
class BesideARun final : public FlawedJournal {
 public:
  BesideARun(std::unique_ptr<Journal> journal, std::function<void()> run)
      : FlawedJournal(std::move(journal)), run_(std::move(run)) {}
  Result<std::unique_ptr<Transaction>> begin() override {
    run_();
    return FlawedJournal::begin();
  }

 private:
  std::function<void()> run_;
};

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

TEST_CASE_TEMPLATE("what a run takes from a cancellation is counted as its destination has it", Subject,
                   JOURNALS) {
  Subject subject;
  const auto of_run = subject.open();
  append_all(*of_run, {{.id = "1", .entity = "v"},
                       {.id = "2", .entity = "w"},
                       {.id = "3", .entity = "x"},
                       {.id = "4", .entity = "y", .urls = {"http://b.test/hook"}},
                       {.id = "5", .entity = "z"}});
  attempt(*of_run, 5, Transition::retry);
  bool done = false;
  BesideARun journal{subject.open(), [&] {
                       if (std::exchange(done, true)) return;
                       attempt(*of_run, 1, Transition::bury);
                       attempt(*of_run, 2, Transition::succeed);
                       begin(*of_run, delivery(*of_run, 4, QueueNo{2}));
                       begin(*of_run, delivery(*of_run, 5));
                       end(*of_run, delivery(*of_run, 5), Transition::retry);
                     }};
  const ManualClock clock;
  const auto cancelled = operations::cancel(journal, clock, {}).value();
  CHECK(cancelled.deliveries == 2);
  CHECK(cancelled.in_flight == 1);
  CHECK(cancelled.dead_letters == 1);
  std::int64_t pending = 0, retry_wait = 0;
  for (const auto& destination : cancelled.destinations) {
    pending += destination.pending;
    retry_wait += destination.retry_wait;
  }
  CHECK(pending == 1);
  CHECK(retry_wait == 1);
}

// Every operation of a small run fails once, and from there on: the run stops and says why, nothing is
// undone, and with the fault gone a rerun delivers the rest.

#include "support/disk/faulty_vfs.hpp"
#include "support/journal/journal_contents.hpp"
#include "unit/flow/recovery/recovery_checks.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::test;

namespace {

constexpr int operations_most = 5'000;

/// What, on what, why, and what to do next.
void check_message(const std::string& message, const std::string& journal) {
  CAPTURE(message);
  CHECK(message.find("cannot ") == 0);
  CHECK(message.find(journal) != std::string::npos);
  CHECK(message.find("; ") != std::string::npos);
}

/// Nothing counts that is not in the journal.
void check_stats(const flow::RunStats& stats, const std::string& journal) {
  std::uint64_t completed = 0;
  const auto deliveries = journal_deliveries(journal);
  for (const auto& [id, delivery] : deliveries) completed += delivery.completed ? 1 : 0;
  CHECK(stats.accepted <= deliveries.size());
  CHECK(stats.delivered <= completed);
}

void fail_at_every_operation(Fault fault, bool stays, flow::CommitWait wait = flow::CommitWait::always) {
  const SmallRun::Setting setting{.wait = wait};
  const Undisturbed undisturbed{setting};
  for (int operation = 1; operation <= operations_most; ++operation) {
    FaultyVfs disk{{.fault = fault, .operation = operation, .stays = stays}};
    SmallRun run{setting};
    const auto played = run.play();
    CAPTURE(operation);
    CAPTURE(disk.struck());
    if (disk.struck().empty()) {
      CHECK(operation > 50);
      return;
    }
    const auto stats = run.stats();
    run.end();
    disk.mend();
    check_stats(stats, run.journal_path());
    if (!played) check_message(played.error().message, run.journal_path());
    CHECK_FALSE((stays && played));
    CHECK(damage_after_stop(run, undisturbed) == std::vector<std::string>{});
    CHECK(damage_after_rerun(run) == std::vector<std::string>{});
  }
  FAIL("the run has no end");
}

}  // namespace

TEST_CASE("disk: whatever fails once stops the run or does no harm and a rerun delivers the rest" *
          doctest::test_suite("long")) {
  fail_at_every_operation(Fault::io_error, false);
}

TEST_CASE("disk: whatever fails from some moment on stops the run and a rerun delivers the rest" *
          doctest::test_suite("long")) {
  fail_at_every_operation(Fault::io_error, true);
}

TEST_CASE("disk: a disk that fills up at any moment stops the run and a rerun delivers the rest" *
          doctest::test_suite("long")) {
  fail_at_every_operation(Fault::no_space, true);
}

TEST_CASE("disk: a write of which half is done stops the run and a rerun delivers the rest" *
          doctest::test_suite("long")) {
  fail_at_every_operation(Fault::short_write, false);
}

TEST_CASE("disk: whatever fails while commits are not durable stops the run and a rerun delivers the rest" *
          doctest::test_suite("long")) {
  fail_at_every_operation(Fault::io_error, false, flow::CommitWait::never);
  fail_at_every_operation(Fault::io_error, true, flow::CommitWait::never);
}

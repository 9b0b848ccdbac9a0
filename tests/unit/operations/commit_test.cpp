// What an operation says of a log that cannot be copied back after its commit.

#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "operations/cancel.hpp"
#include "operations/dead_letters.hpp"
#include "operations/gaps.hpp"
#include "operations/redirect.hpp"
#include "operations/rejects.hpp"
#include "operations/retry.hpp"
#include "operations/unknown_outcomes.hpp"
#include "support/fakes.hpp"
#include "support/journal/flawed_journal.hpp"
#include "unit/journal/journals.hpp"

#include <string>
#include <utility>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

/// Its log cannot be copied back after any commit.
class FullDisk final : public FlawedJournal {
 public:
  using FlawedJournal::FlawedJournal;
  Result<CommitToken> commit_transaction() override {
    auto committed = FlawedJournal::commit_transaction();
    if (!committed) return committed;
    failed_ = true;
    ++commits;
    return committed;
  }
  std::optional<Error> take_checkpoint_error() override {
    if (!std::exchange(failed_, false)) return std::nullopt;
    return Error{Failure::failed, "cannot checkpoint"};
  }
  int commits = 0;

 private:
  bool failed_ = false;
};

void queue_reject(Journal& journal, std::string_view text) {
  const RejectedLine line{.file = "f", .line = 1, .reason = "r", .text = text};
  auto transaction = journal.begin().value();
  REQUIRE(transaction->queue_rejects({&line, 1}, {100, 1000}, noon).has_value());
  must(transaction->commit());
}

/// Of each thing that an operator may change, two.
void fill(Journal& journal) {
  append_all(journal, {{.id = "dead1", .entity = "a"},
                       {.id = "dead2", .entity = "b"},
                       {.id = "wait1", .entity = "c"},
                       {.id = "wait2", .entity = "d"},
                       {.id = "lost1", .entity = "e"},
                       {.id = "lost2", .entity = "f"},
                       {.id = "gap1", .entity = "g", .sequence = 2},
                       {.id = "gap2", .entity = "h", .sequence = 2}});
  for (const std::int64_t position : {1, 2}) attempt(journal, position, Transition::bury);
  for (const std::int64_t position : {3, 4})
    attempt(journal, position, Transition::retry, noon + std::chrono::hours{1});
  for (const std::int64_t position : {5, 6}) begin(journal, delivery(journal, position));
  auto transaction = journal.begin().value();
  REQUIRE(transaction->recover(Orphans::retry, {}, noon, 10).value() == 2);
  must(transaction->commit());
  queue_reject(journal, "x");
  queue_reject(journal, "y");
}

template <class T>
void check_stopped(const Result<T>& result, int commits, const FullDisk& journal) {
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().message.find("cannot checkpoint") == 0);
  CHECK(result.error().message.find("what this command changed before (1) is kept") != std::string::npos);
  CHECK(journal.commits == commits);
}

}  // namespace

TEST_CASE("an operation stops with an error where the log of the journal cannot be copied back") {
  SqliteSubject subject;
  fill(*subject.open());
  FullDisk journal{subject.open()};
  const ManualClock clock;
  const operations::OperationOptions options{.at_a_time = 1};
  SUBCASE("release") {
    check_stopped(operations::release(journal, clock, {}, options), 1, journal);
    CHECK(journal.state_counts().value().of(DeliveryState::dead_letter) == 1);
  }
  SUBCASE("discard") {
    check_stopped(operations::discard(journal, clock, {}, options), 1, journal);
  }
  SUBCASE("cancel") {
    check_stopped(operations::cancel(journal, clock, {}, options), 1, journal);
    CHECK(journal.state_counts().value().of(DeliveryState::failed) == 1);
  }
  SUBCASE("retry") {
    check_stopped(operations::retry(journal, clock, {.entities = {"c", "d"}}, options), 1, journal);
  }
  SUBCASE("redirect") {
    check_stopped(operations::redirect(journal, clock, {}, {DeliveryState::dead_letter},
                                       {"http://b.test/", "b.test"}, options),
                  1, journal);
  }
  SUBCASE("acknowledge") {
    check_stopped(operations::acknowledge(journal, clock, {}, options), 1, journal);
  }
  SUBCASE("skip gaps") {
    append(*subject.open(), {.id = "1", .entity = "h", .sequence = 1});
    const auto reader = SqliteReader::open(subject.path()).value();
    check_stopped(operations::skip_gaps(reader, journal, std::nullopt, clock), 1, journal);
  }
  SUBCASE("clear rejected lines") {
    check_stopped(operations::clear_rejects(journal, {.numbers = {1}}, clock), 1, journal);
  }
}

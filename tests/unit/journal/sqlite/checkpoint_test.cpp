// A checkpoint that fails after its commit: the turn stands, and the error is told apart.

#include "support/disk/failing_disk.hpp"
#include "unit/journal/journals.hpp"

#include <optional>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

TEST_CASE("checkpoint: where it fails the turn is committed and the error is told once") {
  for (const auto operation : {DiskOperation::write, DiskOperation::sync}) {
    CAPTURE(to_string(operation));
    FailingDisk disk;
    SqliteSubject subject;
    const auto journal = SqliteJournal::open(subject.path(), {.checkpoint_pages = 1}).value();
    append(*journal, {.id = "a"});
    CHECK_FALSE(journal->take_checkpoint_error().has_value());

    disk.fail(operation, ".db",
              operation == DiskOperation::write ? std::optional{SQLITE_FULL} : std::nullopt);
    CHECK(append(*journal, {.id = "b"}).verdict == AppendVerdict::accepted);
    const auto error = journal->take_checkpoint_error();
    REQUIRE(error.has_value());
    CHECK(error->message.find("cannot checkpoint journal " + subject.path()) == 0);
    CHECK_FALSE(journal->take_checkpoint_error().has_value());
    // The log still takes what comes: outcomes of what is under way are not lost.
    CHECK(append(*journal, {.id = "c"}).verdict == AppendVerdict::accepted);
    const auto at_the_end = journal->checkpoint();
    REQUIRE_FALSE(at_the_end.has_value());

    disk.mend();
    CHECK(journal->checkpoint().has_value());
    CHECK(subject.open()->state_counts().value().open() == 3);
  }
}

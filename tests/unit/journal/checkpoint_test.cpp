// A checkpoint that fails after its commit: the turn stands, and the error is told apart.

#include "support/vfs_layer.hpp"
#include "unit/journal/journals.hpp"

#include <atomic>
#include <optional>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

/// A disk on which, while it is told so, an operation on database files fails; their logs are spared.
class BrokenDatabase final : public VfsLayer {
 public:
  BrokenDatabase() : VfsLayer("broken-database") {}
  void fail(std::optional<DiskOperation> operation) { operation_ = operation; }

 protected:
  int admit(DiskOperation operation, const std::string& path) override {
    if (operation != operation_ || !path.ends_with(".db")) return SQLITE_OK;
    return operation == DiskOperation::write ? SQLITE_FULL : io_error(operation);
  }

 private:
  std::optional<DiskOperation> operation_;
};

}  // namespace

TEST_CASE("checkpoint: where it fails the turn is committed and the error is told once") {
  for (const auto operation : {DiskOperation::write, DiskOperation::sync}) {
    CAPTURE(to_string(operation));
    BrokenDatabase disk;
    SqliteSubject subject;
    const auto journal = SqliteJournal::open(subject.path(), {.checkpoint_pages = 1}).value();
    append(*journal, {.id = "a"});
    CHECK_FALSE(journal->take_checkpoint_error().has_value());

    disk.fail(operation);
    CHECK(append(*journal, {.id = "b"}).verdict == AppendVerdict::accepted);
    const auto error = journal->take_checkpoint_error();
    REQUIRE(error.has_value());
    CHECK(error->message.find("cannot checkpoint journal " + subject.path()) == 0);
    CHECK_FALSE(journal->take_checkpoint_error().has_value());
    // The log still takes what comes: outcomes of what is under way are not lost.
    CHECK(append(*journal, {.id = "c"}).verdict == AppendVerdict::accepted);
    const auto at_the_end = journal->checkpoint();
    REQUIRE_FALSE(at_the_end.has_value());

    disk.fail({});
    CHECK(journal->checkpoint().has_value());
    CHECK(subject.open()->state_counts().value().open() == 3);
  }
}

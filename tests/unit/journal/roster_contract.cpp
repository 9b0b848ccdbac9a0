// What a roster keeps, whatever journal it belongs to.

#include "journal/bucket.hpp"
#include "journal/sqlite/locks/sqlite_roster.hpp"
#include "support/memory_roster.hpp"
#include "support/temp_dir.hpp"

#include <memory>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

class SqliteRosters {
 public:
  std::unique_ptr<Roster> make() const {
    return std::make_unique<SqliteRoster>(directory_.path() / "dispatch.db");
  }

 private:
  TempDir directory_;
};

class MemoryRosters {
 public:
  std::unique_ptr<Roster> make() const { return std::make_unique<MemoryRoster>(owned_); }

 private:
  std::shared_ptr<bool> owned_ = std::make_shared<bool>(false);
};

// Another implementation is added here.
#define ROSTERS SqliteRosters, MemoryRosters

}  // namespace

TEST_CASE_TEMPLATE("roster: a bucket has one owner at a time", Subject, ROSTERS) {
  const Subject subject;
  const auto first = subject.make();
  const auto second = subject.make();
  const auto won = first->join().value();
  CHECK(won.won.all());
  CHECK_FALSE(won.left.member);
  CHECK(second->join().value().won.none());
  CHECK(first->lost().value().none());
}

TEST_CASE_TEMPLATE("roster: what is owned already is not won again", Subject, ROSTERS) {
  const Subject subject;
  const auto roster = subject.make();
  CHECK(roster->join().value().won.all());
  CHECK(roster->join().value().won.none());
}

TEST_CASE_TEMPLATE("roster: who leaves gives up all and may join again", Subject, ROSTERS) {
  const Subject subject;
  const auto first = subject.make();
  auto second = subject.make();
  CHECK(first->join().value().won.all());
  first->leave();
  CHECK(second->join().value().won.all());
  first->leave();  // has nothing to give up
  CHECK(first->join().value().won.none());
  second.reset();
  CHECK(first->join().value().won.all());
}

TEST_CASE("roster: the bucket of a host never changes") {
  CHECK(bucket_of("") == 194);
  CHECK(bucket_of("a.test") == 170);
  CHECK(bucket_of("hooks.example.com") == 221);
  Buckets used;
  for (int host = 0; host < 5'000; ++host) used.set(bucket_of("host" + std::to_string(host) + ".test"));
  CHECK(used.all());
}

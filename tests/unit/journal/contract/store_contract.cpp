// What the place of a journal keeps, whatever keeps the journal.

#include "unit/journal/journals.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

std::int64_t count_events(const Store& store) {
  std::int64_t count = 0;
  must(store.read().value()->events({}, [&](const EventRecord&) { return ++count > 0; }));
  return count;
}

}  // namespace

TEST_CASE_TEMPLATE("store: a journal that is missing is made only where it may be", Subject, STORES) {
  const Subject subject;
  const auto& store = subject.store();
  CHECK_FALSE(store.may_exist());
  CHECK(store.read().error().failure == Failure::usage);
  CHECK(store.verify().error().failure == Failure::usage);
  CHECK(store.open({.existing_only = true}).error().failure == Failure::usage);
  CHECK_FALSE(store.may_exist());
  CHECK(store.open({}).has_value());
  CHECK(store.may_exist());
  CHECK(store.open({.existing_only = true}).has_value());
  CHECK(count_events(store) == 0);
}

TEST_CASE_TEMPLATE("store: a journal is written and read by any number of objects", Subject, STORES) {
  const Subject subject;
  const auto& store = subject.store();
  const auto one = store.open({}).value();
  const auto other = store.open({.durability = Opening::Durability::delayed}).value();
  append(*one, {.id = "a"});
  append(*other, {.id = "b"});
  must(one->checkpoint());
  CHECK(count_events(store) == 2);
  CHECK(store.verify().value().healthy());
}

TEST_CASE_TEMPLATE("store: says who dispatches the journal", Subject, STORES) {
  const Subject subject;
  const auto& store = subject.store();
  CHECK_FALSE(store.owner().value());
  const auto journal = store.open({}).value();
  CHECK_FALSE(store.owner().value());
  const auto roster = store.roster();
  CHECK_FALSE(store.owner().value());
  CHECK(roster->join().value().won.any());
  REQUIRE(store.owner().value());
  CHECK(store.owner().value()->pid == ::getpid());
  roster->leave();
  CHECK_FALSE(store.owner().value());
}

TEST_CASE_TEMPLATE("store: a copy is put back in the place of the journal", Subject, STORES) {
  const Subject subject;
  const auto& store = subject.store();
  const TempDir elsewhere;
  const std::string copy = elsewhere / "copy";
  append(*store.open({}).value(), {.id = "a"});
  CHECK(store.back_up(copy).value().events == 1);
  CHECK(store.back_up(copy).error().failure == Failure::usage);
  append(*store.open({}).value(), {.id = "b"});
  {
    const auto in_use = store.open({}).value();
    CHECK(store.restore(copy, noon).error().failure == Failure::unavailable);
    CHECK(count_events(store) == 2);
  }
  CHECK(store.restore(copy, noon).value().backup.events == 1);
  CHECK(count_events(store) == 1);
}

TEST_CASE("store: every file that a journal in a file makes is one of its files") {
  const SqliteSubject subject;
  const auto roster = subject.store().roster();
  const auto journal = subject.store().open({}).value();
  append(*journal, {.id = "a"});
  CHECK(roster->join().value().won.any());
  const auto files = subject.store().files();
  const std::set<std::filesystem::path> known{files.begin(), files.end()};
  const auto directory = std::filesystem::path{subject.path()}.parent_path();
  for (const auto& entry : std::filesystem::directory_iterator{directory})
    CHECK(known.contains(entry.path()));
  CHECK(files.size() == 4);
  CHECK(std::filesystem::path{subject.store().full_name()}.is_absolute());
}

// What a roster keeps, whatever journal it belongs to.

#include "journal/bucket.hpp"
#include "unit/journal/journals.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

TEST_CASE_TEMPLATE("roster: a bucket has one owner at a time", Subject, ROSTERS) {
  const Subject subject;
  const auto first = subject.roster();
  const auto second = subject.roster();
  const auto won = first->join().value();
  CHECK(won.won.all());
  CHECK_FALSE(won.left.member);
  CHECK(second->join().value().won.none());
  CHECK(first->lost().value().none());
}

TEST_CASE_TEMPLATE("roster: what is owned already is not won again", Subject, ROSTERS) {
  const Subject subject;
  const auto roster = subject.roster();
  CHECK(roster->join().value().won.all());
  CHECK(roster->join().value().won.none());
}

TEST_CASE_TEMPLATE("roster: who leaves gives up all and may join again", Subject, ROSTERS) {
  const Subject subject;
  const auto first = subject.roster();
  auto second = subject.roster();
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

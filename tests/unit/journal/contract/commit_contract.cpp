// What an asynchronous commit keeps, whatever journal is behind the seam.

#include "unit/journal/journals.hpp"

#include <chrono>
#include <future>
#include <optional>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

CommitToken commit_async(Journal& journal, const std::string& id) {
  auto transaction = journal.begin().value();
  append_here(*transaction, {{.id = id}});
  return transaction->commit_async().value();
}

/// Starts the token and waits until its decision is told.
bool is_told(CommitToken& token) {
  std::promise<void> told;
  token.start([&] { told.set_value(); });
  return told.get_future().wait_for(30s) == std::future_status::ready;
}

}  // namespace

TEST_CASE_TEMPLATE("commit: others see an asynchronous one at once", Subject, JOURNALS) {
  Subject subject;
  const auto writer = subject.open();
  const auto reader = subject.open();
  auto token = commit_async(*writer, "a");
  CHECK(reader->state_counts().value().open() == 1);
  CHECK(append(*reader, {.id = "a"}).verdict == AppendVerdict::duplicate);
  must(token.wait());
  CHECK(token.is_durable());
  CHECK(token.is_decided());
}

TEST_CASE_TEMPLATE("commit: the usual one is durable when it returns", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  auto early = commit_async(*journal, "a");
  auto transaction = journal->begin().value();
  append_here(*transaction, {{.id = "b"}});
  CHECK(transaction->commit().value().is_durable());
  CHECK(early.is_decided());
  must(early.wait());
}

TEST_CASE_TEMPLATE("commit: an asynchronous one that is started tells when it is durable", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  auto token = commit_async(*journal, "a");
  REQUIRE(is_told(token));
  CHECK(token.is_decided());
  must(token.wait());
  CHECK(token.is_durable());
}

TEST_CASE_TEMPLATE("commit: the next transaction begins before the last commit is durable", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  std::vector<CommitToken> tokens;
  for (const char* id : {"a", "b", "c"}) tokens.push_back(commit_async(*journal, id));
  CHECK(journal->state_counts().value().open() == 3);
  // One that is durable makes those before it durable.
  must(tokens.back().wait());
  for (CommitToken& token : tokens) CHECK(token.is_decided());
  for (CommitToken& token : tokens) must(token.wait());
}

TEST_CASE_TEMPLATE("commit: of a token that is destroyed nothing is told any more", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  int told = 0;
  {
    auto token = commit_async(*journal, "a");
    token.start([&] { ++told; });
  }
  const int before = told;
  auto next = commit_async(*journal, "b");
  REQUIRE(is_told(next));
  CHECK(told == before);
  CHECK(before <= 1);
}

TEST_CASE_TEMPLATE("commit: an asynchronous one without writes is durable with those before it", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  auto first = commit_async(*journal, "a");
  auto nothing = journal->begin().value()->commit_async().value();
  must(nothing.wait());
  CHECK(first.is_decided());
  must(first.wait());
}

TEST_CASE_TEMPLATE("commit: an asynchronous one ends its transaction", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  auto transaction = journal->begin().value();
  append_here(*transaction, {{.id = "a"}});
  auto token = transaction->commit_async().value();
  CHECK_FALSE(transaction->append({}, {}, noon).has_value());
  CHECK_FALSE(transaction->commit_async().has_value());
  CHECK_FALSE(transaction->commit().has_value());
  must(token.wait());
}

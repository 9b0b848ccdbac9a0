// Former events of a new subscription: how much of them is in memory and in a transaction, and what an
// interruption leaves.

#include "operations/subscriptions/subscription_backfill.hpp"

#include "journal/sqlite/verify/verify.hpp"
#include "operations/subscriptions/subscription_add.hpp"
#include "support/fakes.hpp"
#include "support/journal/flawed_journal.hpp"
#include "unit/journal/journals.hpp"
#include "unit/journal/subscribed.hpp"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;
using operations::backfill_pause_reason;

namespace {

constexpr std::size_t at_a_time = 10;

/// Notes how many events each transaction is to make deliveries of.
class Counted final : public FlawedJournal {
 public:
  explicit Counted(std::unique_ptr<Journal> sound) : FlawedJournal(std::move(sound)) {}

  using FlawedJournal::begin;
  Result<std::unique_ptr<Transaction>> begin() override {
    if (before_begin) before_begin(transactions.size() + 1);
    transactions.push_back(0);
    return FlawedJournal::begin();
  }
  Result<std::int64_t> fan_out(const Route& route, std::span<const Position> events, WallTime now) override {
    transactions.back() += events.size();
    return FlawedJournal::fan_out(route, events, now);
  }
  Result<CommitToken> commit_transaction() override {
    if (transactions.size() == fails_at) return fail("the disk is full");
    return FlawedJournal::commit_transaction();
  }

  std::optional<Error> take_checkpoint_error() override {
    if (transactions.size() != log_stays_at) return FlawedJournal::take_checkpoint_error();
    return Error{Failure::failed, "cannot checkpoint"};
  }

  std::vector<std::size_t> transactions;
  std::size_t log_stays_at = 0;
  std::function<void(std::size_t number)> before_begin;
  std::size_t fails_at = 0;
};

void append_former(Journal& journal, int from, int to) {
  std::vector<Line> lines;
  for (int i = from; i <= to; ++i) lines.push_back({.id = fmt::format("e{}", i), .entity = "E"});
  append_all(journal, lines);
}

std::optional<Subscription> find(Journal& journal, std::string_view id) {
  const auto one = journal.subscriptions().value()->find(id);
  return one ? std::optional{*one} : std::nullopt;
}

Subscription present(Journal& journal) {
  return find(journal, "late").value();
}

/// Adds it, or again.
Result<operations::SubscriptionAdded> add(const SqliteSubject& subject, Journal& journal,
                                          const Subscription& wanted, std::int64_t from = 1) {
  const auto reader = subject.read();
  auto backfill = operations::SubscriptionBackfill::of(wanted, Position{from}, *reader, at_a_time).value();
  operations::SubscriptionToAdd addition;
  addition.wanted = wanted;
  addition.former = find(journal, wanted.id);
  addition.replace = addition.former.has_value();
  return operations::add_subscription(journal, ManualClock{noon}, addition, &backfill);
}

}  // namespace

TEST_CASE("backfill: what fits into one transaction is added in it and never paused") {
  SqliteSubject subject;
  Counted journal{subject.open()};
  append_former(*subject.open(), 1, 10);
  const auto added = add(subject, journal, plain_subscription("late"), 3).value();
  CHECK(added.fanned_out == 8);
  CHECK(journal.transactions == std::vector<std::size_t>{8});
  CHECK_FALSE(present(journal).paused_at);
}

TEST_CASE("backfill: no transaction is given more events than fit into it") {
  SqliteSubject subject;
  Counted journal{subject.open()};
  append_former(*subject.open(), 1, 34);
  std::vector<bool> paused;
  const auto other = subject.open();
  journal.before_begin = [&](std::size_t number) {
    if (number > 1) paused.push_back(present(*other).paused_at.has_value());
  };
  const auto added = add(subject, journal, plain_subscription("late")).value();
  CHECK(added.fanned_out == 34);
  CHECK(journal.transactions == std::vector<std::size_t>{10, 10, 10, 4});
  CHECK(paused == std::vector<bool>{true, true, true});  // so that nothing overtakes
  CHECK_FALSE(present(journal).paused_at);
  CHECK(queue_of(journal, present(journal)).size() == 34);
  CHECK(verify(subject.path()).value().healthy());
}

TEST_CASE("backfill: few events that are meant among many take one transaction") {
  SqliteSubject subject;
  Counted journal{subject.open()};
  append_former(*subject.open(), 1, 60);
  append(*subject.open(), {.id = "rare", .entity = "E", .type = "rare"});
  append_former(*subject.open(), 61, 70);
  auto wanted = plain_subscription("late");
  wanted.event_types = {"rare"};
  CHECK(add(subject, journal, wanted).value().fanned_out == 1);
  CHECK(journal.transactions == std::vector<std::size_t>{1});
}

TEST_CASE("backfill: what comes just before the first transaction is not all looked at inside it") {
  SqliteSubject subject;
  Counted journal{subject.open()};
  append_former(*subject.open(), 1, 4);
  journal.before_begin = [&](std::size_t number) {
    if (number == 1) append_former(*subject.open(), 5, 30);
  };
  CHECK(add(subject, journal, plain_subscription("late")).value().fanned_out == 30);
  CHECK(journal.transactions == std::vector<std::size_t>{10, 10, 10});
}

TEST_CASE("backfill: what comes after the first transaction is not waited for") {
  SqliteSubject subject;
  Counted journal{subject.open()};
  append_former(*subject.open(), 1, 25);
  journal.before_begin = [&](std::size_t number) {
    if (number > 1)
      append_former(*subject.open(), static_cast<int>(number) * 100, static_cast<int>(number) * 100 + 50);
  };
  CHECK(add(subject, journal, plain_subscription("late")).value().fanned_out == 25);
  CHECK(journal.transactions == std::vector<std::size_t>{10, 10, 5});
}

TEST_CASE("backfill: where it is interrupted the subscription stays paused until it is added again") {
  SqliteSubject subject;
  append_former(*subject.open(), 1, 34);
  const auto wanted = plain_subscription("late");
  {
    Counted journal{subject.open()};
    journal.fails_at = 3;
    const auto added = add(subject, journal, wanted);
    REQUIRE_FALSE(added.has_value());
    CHECK(added.error().message ==
          "the disk is full; subscription late has some of its former events, and is paused until it is "
          "added again "
          "with --replace and --from");
  }
  Counted journal{subject.open()};
  CHECK(present(journal).pause_reason == backfill_pause_reason);
  CHECK(queue_of(journal, present(journal)).size() == 20);
  CHECK(verify(subject.path()).value().healthy());

  const auto again = add(subject, journal, wanted).value();
  CHECK(again.fanned_out == 14);
  CHECK_FALSE(present(journal).paused_at);
  CHECK(queue_of(journal, present(journal)).size() == 34);
  CHECK(verify(subject.path()).value().healthy());
}

TEST_CASE("backfill: where the log cannot be copied back the advice is the command that goes on") {
  for (const std::size_t transaction : {1, 2}) {
    CAPTURE(transaction);
    SqliteSubject subject;
    append_former(*subject.open(), 1, 34);
    Counted journal{subject.open()};
    journal.log_stays_at = transaction;
    const auto added = add(subject, journal, plain_subscription("late"));
    REQUIRE_FALSE(added.has_value());
    const std::string& said = added.error().message;
    CAPTURE(said);
    CHECK(said.find("cannot checkpoint; what this command changed before") == 0);
    CHECK(said.find("again with --replace and --from") != std::string::npos);
    CHECK(said.find("repeat the command") == std::string::npos);  // it would be refused
    CHECK(present(journal).pause_reason == backfill_pause_reason);
  }
}

TEST_CASE("backfill: a pause by an operator stays") {
  SqliteSubject subject;
  append_former(*subject.open(), 1, 25);
  Counted journal{subject.open()};
  const auto wanted = put(journal, plain_subscription("late"));
  pause(journal, wanted, "it moves");
  journal.transactions.clear();
  CHECK(add(subject, journal, wanted).value().fanned_out == 25);
  CHECK(journal.transactions == std::vector<std::size_t>{10, 10, 5});
  CHECK(present(journal).pause_reason == "it moves");
}

TEST_CASE("backfill: it ends with an error where another changes or removes the subscription meanwhile") {
  SqliteSubject subject;
  append_former(*subject.open(), 1, 25);
  Counted journal{subject.open()};
  const auto other = subject.open();
  journal.before_begin = [&](std::size_t number) {
    if (number != 2) return;
    remove(*other, present(*other));
  };
  const auto removed = add(subject, journal, plain_subscription("late"));
  CHECK(removed.error().message ==
        "subscription late was removed by another while former events were added to it");

  journal.transactions.clear();
  journal.before_begin = [&](std::size_t number) {
    if (number != 2) return;
    auto changed = present(*other);
    changed.event_types = {"other"};
    put(*other, changed);
  };
  const auto changed = add(subject, journal, plain_subscription("late"));
  CHECK(changed.error().message.find("subscription late was changed by another") == 0);
  CHECK(present(journal).pause_reason == backfill_pause_reason);
}

// Rejected lines, whatever journal is behind the seam.

#include "unit/journal/journals.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;

namespace {

constexpr RejectCount plenty{1'000, 1'000'000};

RejectedLine line(std::string_view text, std::uint64_t number = 1, std::string_view file = "a.jsonl") {
  return {.file = file, .line = number, .reason = "not JSON", .text = text};
}

RejectedLine piece(std::string_view text, bool first, bool last) {
  return {.file = "a.jsonl", .line = 1, .reason = "too long", .text = text, .first = first, .last = last};
}

/// Each in a turn of its own.
std::size_t queue(Journal& journal, const std::vector<RejectedLine>& lines,
                  const RejectCount& most = plenty) {
  auto transaction = journal.begin().value();
  const auto taken = transaction->queue_rejects(lines, most, noon).value();
  must(transaction->commit());
  return taken;
}

void unqueue(Journal& journal, const std::vector<std::string_view>& texts) {
  auto transaction = journal.begin().value();
  must(transaction->unqueue_rejects(texts));
  must(transaction->commit());
}

RejectCount clear(Journal& journal, const RejectSelection& which, std::size_t limit = 100) {
  auto transaction = journal.begin().value();
  const auto cleared = transaction->clear_rejects(which, noon, limit).value();
  must(transaction->commit());
  return cleared;
}

}  // namespace

TEST_CASE_TEMPLATE("rejects: a line is open once however often it comes and from wherever", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  CHECK(journal->open_rejects().value() == RejectCount{0, 0});
  CHECK(queue(*journal, {line("one"), line("two", 2), line("one", 3)}) == 3);
  CHECK(journal->open_rejects().value() == RejectCount{2, 6});
  CHECK(queue(*journal, {line("one", 7, "b.jsonl")}) == 1);
  CHECK(subject.open()->open_rejects().value() == RejectCount{2, 6});
}

TEST_CASE_TEMPLATE("rejects: lines that differ in one byte or hold NULs are different", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  using namespace std::string_view_literals;
  queue(*journal, {line("a"sv), line("a\0"sv), line("a\0\0"sv), line("\xFF"sv), line("\xFE"sv), line(""sv)});
  CHECK(journal->open_rejects().value() == RejectCount{6, 8});
}

TEST_CASE_TEMPLATE("rejects: what was accepted is taken out and may come again", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  unqueue(*journal, {"never came"});
  queue(*journal, {line("one"), line("two")});
  unqueue(*journal, {"one", "never came"});
  CHECK(journal->open_rejects().value() == RejectCount{1, 3});
  queue(*journal, {line("one")});
  CHECK(journal->open_rejects().value() == RejectCount{2, 6});
}

TEST_CASE_TEMPLATE("rejects: what another process does is seen", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const auto other = subject.open();
  queue(*journal, {line("one")});
  unqueue(*other, {"one"});
  CHECK(queue(*journal, {line("two")}, {1, 100}) == 1);
  CHECK(journal->open_rejects().value() == RejectCount{1, 3});
  queue(*other, {line("three")});
  CHECK(clear(*journal, {}).lines == 2);
  CHECK(queue(*other, {line("four")}, {1, 100}) == 1);
}

TEST_CASE_TEMPLATE("rejects: a line that comes again is one of the file that it came from last", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  queue(*journal, {line("one"), line("two", 2), line("three", 3)});
  queue(*journal, {line("two", 1, "mended.jsonl")});
  CHECK(clear(*journal, {.numbers = {}, .file = "a.jsonl"}) == RejectCount{2, 8});
  CHECK(journal->open_rejects().value() == RejectCount{1, 3});
  queue(*journal, {piece("tw", true, false), piece("o", false, true)});
  CHECK(clear(*journal, {.numbers = {}, .file = "mended.jsonl"}) == RejectCount{0, 0});
  CHECK(clear(*journal, {.numbers = {}, .file = "a.jsonl"}) == RejectCount{1, 3});
}

TEST_CASE_TEMPLATE("rejects: what was cleared stays so when it comes again", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  queue(*journal, {line("one"), line("two", 2), line("three", 3, "b.jsonl"), line("four", 4, "b.jsonl")});
  SUBCASE("by number") {
    CHECK(clear(*journal, {.numbers = {1, 3, 3, 77}, .file = {}}) == RejectCount{2, 8});
    queue(*journal, {line("one"), line("three")});
    CHECK(journal->open_rejects().value() == RejectCount{2, 7});
  }
  SUBCASE("by file") {
    CHECK(clear(*journal, {.numbers = {}, .file = "b.jsonl"}) == RejectCount{2, 9});
    CHECK(clear(*journal, {.numbers = {}, .file = "b.jsonl"}) == RejectCount{0, 0});
    CHECK(clear(*journal, {.numbers = {1}, .file = "b.jsonl"}) == RejectCount{0, 0});
  }
  SUBCASE("also when it is accepted in between") {
    CHECK(clear(*journal, {.numbers = {1}, .file = {}}).lines == 1);
    unqueue(*journal, {"one", "two"});
    queue(*journal, {line("one"), line("two")});
    CHECK(journal->open_rejects().value().lines == 3);
    CHECK(clear(*journal, {}).lines == 3);
    unqueue(*journal, {"three"});
    queue(*journal, {line("three")});
    CHECK(journal->open_rejects().value() == RejectCount{0, 0});
  }
  SUBCASE("some at a time") {
    const auto some = clear(*journal, {}, 3);
    const auto rest = clear(*journal, {}, 3);
    CHECK(some.lines == 3);
    CHECK(rest.lines == 1);
    CHECK(some.bytes + rest.bytes == 15);
    CHECK(clear(*journal, {}, 3) == RejectCount{0, 0});
  }
}

TEST_CASE_TEMPLATE("rejects: what would be more than there may be is not taken nor what follows", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  CHECK(queue(*journal, {line("one"), line("two"), line("three"), line("one")}, {2, 100}) == 2);
  CHECK(journal->open_rejects().value() == RejectCount{2, 6});
  CHECK(queue(*journal, {line("two"), line("one")}, {2, 100}) == 2);
  CHECK(queue(*journal, {line("four!")}, {100, 10}) == 0);
  CHECK(queue(*journal, {line("four")}, {100, 10}) == 1);
  unqueue(*journal, {"one"});
  CHECK(queue(*journal, {line("six")}, {3, 100}) == 1);
}

TEST_CASE_TEMPLATE("rejects: a line in pieces is open once its last piece has come in whatever turn", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  CHECK(queue(*journal, {line("one"), piece("ab", true, false)}) == 2);
  CHECK(journal->open_rejects().value() == RejectCount{1, 3});
  CHECK(queue(*journal, {piece("cd", false, false)}) == 1);
  unqueue(*journal, {"one"});
  CHECK(queue(*journal, {piece("ef", false, true), line("two")}) == 2);
  CHECK(journal->open_rejects().value() == RejectCount{2, 9});
  queue(*journal, {line("abcdef"), piece("a", true, false), piece("bcdef", false, true)});
  CHECK(journal->open_rejects().value() == RejectCount{2, 9});
  unqueue(*journal, {"abcdef"});
  CHECK(journal->open_rejects().value() == RejectCount{1, 3});
}

TEST_CASE_TEMPLATE("rejects: pieces without a last one count for nothing", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  queue(*journal, {piece("ab", true, false), line("one"), piece("cd", true, false), piece("", true, false),
                   piece("ef", false, true)});
  CHECK(journal->open_rejects().value() == RejectCount{2, 5});
  CHECK(queue(*journal, {piece("12345", true, false)}, {100, 12}) == 1);
  CHECK(queue(*journal, {piece("678", false, false)}, {100, 12}) == 0);
  CHECK(journal->open_rejects().value() == RejectCount{2, 5});
}

TEST_CASE_TEMPLATE("rejects: nothing of an abandoned turn remains", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  queue(*journal, {line("one")});
  {
    const auto transaction = journal->begin().value();
    transaction->queue_rejects(std::vector{line("two")}, plenty, noon).value();
    must(transaction->unqueue_rejects(std::vector<std::string_view>{"one"}));
    CHECK(journal->open_rejects().value() == RejectCount{1, 3});
  }
  CHECK(journal->open_rejects().value() == RejectCount{1, 3});
  CHECK(queue(*journal, {line("one")}, {1, 100}) == 1);
}

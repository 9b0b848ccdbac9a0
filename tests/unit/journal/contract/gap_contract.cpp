// What becomes of gaps that nobody waits for, or that were waited for long enough, whatever journal is behind
// the seam.

#include "unit/journal/journals.hpp"

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

constexpr StreamStart ignoring{.gaps = Gaps::ignore};

AppendReport append_at(Journal& journal, WallTime now, const Line& line) {
  auto transaction = journal.begin().value();
  const std::vector<Route> routes{{"http://a.test/hook", "a.test"}};
  Arrival arrival;
  arrival.event_id = line.id;
  arrival.entity_id = *line.entity;
  arrival.sequence = SequenceNumber{*line.sequence};
  arrival.payload = line.payload;
  arrival.routes = routes;
  auto report = transaction->append({&arrival, 1}, {}, now).value();
  must(transaction->commit());
  return report;
}

GapCount give_up(Journal& journal, WallTime until, std::size_t limit = 100) {
  auto transaction = journal.begin().value();
  const auto count = transaction->give_up_gaps(until, noon + 1h, limit).value();
  must(transaction->commit());
  return count;
}

}  // namespace

TEST_CASE_TEMPLATE("gaps: what is ignored holds nothing back and what comes for it is late", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_all(*journal, {{.id = "3", .sequence = 3}, {.id = "7", .sequence = 7}}, ignoring);
  CHECK_FALSE(journal->oldest_gap().value());
  CHECK_FALSE(journal->predecessor(delivery(*journal, 1)).value().gap);
  const auto before = journal->predecessor(delivery(*journal, 2)).value();
  CHECK_FALSE(before.gap);
  CHECK(before.open == SequenceNumber{3});
  CHECK(positions(journal->open_in_lane(delivery(*journal, 1), 10).value()) ==
        std::vector<std::int64_t>{1, 2});
  for (const StreamStart& start : {ignoring, StreamStart{}}) {
    const auto late = append(*journal, {.id = "5", .sequence = 5}, start);
    CHECK(late.verdict == AppendVerdict::sequence_skipped);
    CHECK(late.given_up == GapEnd::ignored);
  }
  CHECK(append(*journal, {.id = "8"}).sequence == SequenceNumber{8});
}

TEST_CASE_TEMPLATE("gaps: the same input again with gaps ignored is all duplicates", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const std::vector<Line> lines{{.id = "3", .sequence = 3}, {.id = "7", .sequence = 7}};
  append_all(*journal, lines, ignoring);
  for (const auto& again : append_all(*subject.open(), lines, ignoring))
    CHECK(again.verdict == AppendVerdict::duplicate);
}

TEST_CASE_TEMPLATE("gaps: those that are open stay open when later ones are ignored", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append(*journal, {.id = "2", .sequence = 2});
  append(*journal, {.id = "4", .sequence = 4}, ignoring);
  CHECK(journal->predecessor(delivery(*journal, 1)).value().gap);
  CHECK(journal->oldest_gap().value());
  append(*journal, {.id = "1", .sequence = 1}, ignoring);
  CHECK_FALSE(journal->predecessor(delivery(*journal, 2)).value().gap);
  CHECK(append(*journal, {.id = "3", .sequence = 3}).given_up == GapEnd::ignored);
}

TEST_CASE_TEMPLATE("gaps: what was waited for long enough is given up and wakes its lanes", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_at(*journal, noon, {.id = "x3", .entity = "X", .sequence = 3});
  append_at(*journal, noon + 1min, {.id = "y2", .entity = "Y", .sequence = 2});
  append_at(*journal, noon + 2min, {.id = "x5", .entity = "X", .sequence = 5});
  CHECK(journal->oldest_gap().value() == noon);
  CHECK(give_up(*journal, noon - 1us).gaps == 0);

  const auto first = give_up(*journal, noon + 1min, 1);
  CHECK(first.gaps == 1);
  CHECK(first.numbers == 2);
  CHECK(woken(*journal) == std::vector<std::int64_t>{1});
  CHECK_FALSE(journal->predecessor(delivery(*journal, 1)).value().gap);
  CHECK(journal->predecessor(delivery(*journal, 3)).value().gap);
  CHECK(journal->oldest_gap().value() == noon + 1min);

  CHECK(give_up(*journal, noon + 1min).gaps == 1);
  CHECK(woken(*journal) == std::vector<std::int64_t>{1, 2});
  CHECK(give_up(*journal, noon + 2min).numbers == 1);
  CHECK_FALSE(journal->oldest_gap().value());
  CHECK_FALSE(journal->predecessor(delivery(*journal, 3)).value().gap);
  const auto late = append(*journal, {.id = "x1", .entity = "X", .sequence = 1});
  CHECK(late.verdict == AppendVerdict::sequence_skipped);
  CHECK(late.given_up == GapEnd::waited_for);
}

TEST_CASE_TEMPLATE("gaps: what is left of one that was filled in part has its age", Subject, JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  append_at(*journal, noon, {.id = "x4", .entity = "X", .sequence = 4});
  append_at(*journal, noon + 1min, {.id = "x2", .entity = "X", .sequence = 2});
  CHECK(journal->oldest_gap().value() == noon);
  CHECK(give_up(*journal, noon).gaps == 2);
}

TEST_CASE_TEMPLATE("append: a duplicate says when its event has no delivery to where it would go", Subject,
                   JOURNALS) {
  Subject subject;
  const auto journal = subject.open();
  const Line line{.id = "1", .urls = {"http://a.test/hook"}};
  Line other = line;
  CHECK_FALSE(append(*journal, line).elsewhere);
  CHECK_FALSE(append(*journal, line).elsewhere);
  SUBCASE("at another path") {
    other.urls = {"http://a.test/other"};
  }
  SUBCASE("at another host") {
    other.urls = {"http://b.test/hook"};
  }
  CHECK(append(*journal, other).elsewhere);
  append(*journal, {.id = "2", .urls = other.urls});
  CHECK(append(*journal, other).elsewhere);
  other.urls.clear();
  CHECK_FALSE(append(*journal, other).elsewhere);
  const auto both = append_all(*journal, {{.id = "3"}, {.id = "3"}});
  CHECK_FALSE(both[1].elsewhere);

  attempt(*journal, 1, Transition::succeed);
  CHECK_FALSE(append(*journal, line).elsewhere);
  auto transaction = journal->begin().value();
  const DeliveryKey done = delivery(*journal, 1).key;
  REQUIRE(transaction->replay({&done, 1}, Route{"http://c.test/", "c.test"}, noon).value() == 1);
  must(transaction->commit());
  other.urls = {"http://c.test/"};
  CHECK_FALSE(append(*journal, other).elsewhere);
}

// Gaps that are skipped, some at a time, while events go on to come.

#include "operations/gaps.hpp"

#include "journal/sqlite/reader/sqlite_reader.hpp"
#include "support/fakes.hpp"
#include "support/journal/flawed_journal.hpp"
#include "unit/journal/journals.hpp"

#include <chrono>
#include <functional>
#include <utility>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::journal;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

void append_at(Journal& journal, WallTime now, std::int64_t sequence) {
  auto transaction = journal.begin().value();
  const std::vector<Route> routes{{"http://a.test/hook", "a.test"}};
  const std::string id = fmt::format("R-{}", sequence);
  Arrival arrival;
  arrival.event_id = id;
  arrival.entity_id = "R";
  arrival.sequence = SequenceNumber{sequence};
  arrival.payload = "{}";
  arrival.routes = routes;
  REQUIRE(transaction->append({&arrival, 1}, {}, now).value().verdicts[0].verdict == AppendVerdict::accepted);
  must(transaction->commit());
}

/// Something comes just before a turn begins.
class BetweenTurns final : public FlawedJournal {
 public:
  BetweenTurns(std::unique_ptr<Journal> sound, std::function<void()> comes)
      : FlawedJournal(std::move(sound)), comes_(std::move(comes)) {}
  Result<std::unique_ptr<Transaction>> begin() override {
    if (comes_) std::exchange(comes_, nullptr)();
    return FlawedJournal::begin();
  }

 private:
  std::function<void()> comes_;
};

std::vector<std::int64_t> open_gaps(const JournalReader& reader) {
  std::vector<std::int64_t> firsts;
  must(reader.open_gaps([&](const OpenGap& gap) {
    firsts.push_back(gap.first_missing.value());
    return true;
  }));
  return firsts;
}

operations::SkippedGaps skip_while(SqliteSubject& subject, std::optional<std::chrono::microseconds> age,
                                   WallTime now, const std::function<void()>& comes) {
  BetweenTurns journal{subject.open(), comes};
  const ManualClock clock{now};
  return operations::skip_gaps(SqliteReader::open(subject.path()).value(), journal, age, clock).value();
}

}  // namespace

TEST_CASE("a young gap is not skipped where the old one below it is filled meanwhile") {
  SqliteSubject subject;
  const auto other = subject.open();
  append_at(*other, noon, 2);
  append_at(*other, noon + 2h, 4);
  const auto skipped = skip_while(subject, 1h, noon + 2h + 3s, [&] { append_at(*other, noon + 2h, 1); });
  CHECK(skipped.gaps == 0);
  CHECK(skipped.numbers == 0);
  CHECK(open_gaps(SqliteReader::open(subject.path()).value()) == std::vector<std::int64_t>{3});
  append_at(*other, noon + 3h, 3);
}

TEST_CASE("an old gap is skipped although another one below it is filled meanwhile") {
  SqliteSubject subject;
  const auto other = subject.open();
  append_at(*other, noon, 2);
  append_at(*other, noon, 6);
  const auto skipped = skip_while(subject, 1h, noon + 2h, [&] { append_at(*other, noon + 2h, 1); });
  CHECK(skipped.gaps == 1);
  CHECK(skipped.numbers == 3);
  CHECK(open_gaps(SqliteReader::open(subject.path()).value()).empty());
}

TEST_CASE("gaps that began in the future by a clock that was set back are old enough") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_at(*journal, noon + 1h, 2);
  const auto reader = SqliteReader::open(subject.path()).value();
  const ManualClock clock{noon};
  std::optional<std::chrono::microseconds> age;
  SUBCASE("all of them") {}
  SUBCASE("those of some age") {
    age = 10min;
  }
  CHECK(operations::count_gaps(reader, age, noon).value().gaps == 1);
  CHECK(operations::skip_gaps(reader, *journal, age, clock).value().gaps == 1);
  CHECK(open_gaps(reader).empty());
}

TEST_CASE("gaps above a gap that stays are left") {
  SqliteSubject subject;
  const auto journal = subject.open();
  append_at(*journal, noon + 1h, 4);
  append_at(*journal, noon + 3h, 2);  // splits the gap, which is there since one o'clock
  append_at(*journal, noon + 4h, 6);
  const auto reader = SqliteReader::open(subject.path()).value();
  CHECK(operations::count_gaps(reader, 3h, noon + 4h).value().gaps == 2);
  CHECK(operations::count_gaps(reader, 4h, noon + 4h).value().gaps == 0);
  CHECK(operations::count_gaps(reader, std::nullopt, noon + 4h).value().gaps == 3);
}

// Takes wall time: about a second. With a count of what waits for each gap it took half a minute.
TEST_CASE("many gaps of one entity are counted and listed without counting its events for each") {
  SqliteSubject subject;
  const auto journal = subject.open();
  constexpr int gaps = 20'000;
  std::vector<test::Line> lines;
  for (int gap = 1; gap <= gaps; ++gap) lines.push_back({.id = fmt::format("e{}", gap), .sequence = 2 * gap});
  append_all(*journal, lines);
  const auto reader = SqliteReader::open(subject.path()).value();
  const auto began = std::chrono::steady_clock::now();
  CHECK(operations::count_gaps(reader, std::nullopt, noon).value().gaps == gaps);
  std::int64_t waiting = gaps;
  must(reader.gaps(std::nullopt, false, [&](const GapRecord& gap) {
    if (gap.waiting != waiting) FAIL_CHECK(gap.waiting << " wait behind " << gap.first_missing.value());
    --waiting;
    return true;
  }));
  CHECK(waiting == 0);
  CHECK(std::chrono::steady_clock::now() - began < 5s);
}

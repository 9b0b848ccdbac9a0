// New deliveries for which the window has no room are kept, so that they are not read back.

#include "flow/pump/kept_arrivals.hpp"

#include "support/journal/dead_letters.hpp"
#include "support/journal/flawed_journal.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

using namespace dispatch;
using namespace dispatch::test;
using flow::KeptArrivals;

namespace {

constexpr QueueNo one{1}, other{2};

journal::DeliveryRow row(QueueNo queue, std::int64_t position) {
  return {.key = {.queue = queue, .position = Position{position}},
          .destination = DestinationNo{1},
          .entity = EntityNo{position},
          .sequence = SequenceNumber{1}};
}

std::vector<std::int64_t> positions(const KeptArrivals::Next& next) {
  std::vector<std::int64_t> positions;
  for (const auto& row : next.rows) positions.push_back(row.key.position.value());
  return positions;
}

using Positions = std::vector<std::int64_t>;

/// Counts the rows that scans read.
class CountsScans final : public FlawedJournal {
 public:
  CountsScans(std::unique_ptr<journal::Journal> journal, std::size_t& rows)
      : FlawedJournal(std::move(journal)), rows_(rows) {}
  Result<journal::DeliveryRows> scan_queues(std::span<const journal::QueueScan> scans) override {
    auto read = sound().scan_queues(scans);
    if (read)
      for (const auto& rows : *read) rows_ += rows.size();
    return read;
  }

 private:
  std::size_t& rows_;
};

/// A run with room for four lanes, one request at a time.
class NarrowRun {
 public:
  explicit NarrowRun(std::size_t lanes_most = 8) : fixture{DispatcherFixture::Dark{}, options(lanes_most)} {
    fixture.through = [this](auto journal) {
      return std::make_unique<CountsScans>(std::move(journal), rows_scanned);
    };
    REQUIRE(fixture.rise());
    fixture.play();
  }
  /// Answers all that is sent, until nothing is.
  void answer_all() {
    for (auto sent = fixture.transport.under_way_ids(); !sent.empty();
         sent = fixture.transport.under_way_ids())
      fixture.answer(sent.front(), 200);
  }

  DispatcherFixture fixture;
  std::size_t rows_scanned = 0;

 private:
  static flow::RunOptions options(std::size_t lanes_most) {
    flow::RunOptions options;
    options.requests.per_host = 1;
    options.window = flow::WindowLimits{.lanes_per_queue = 4, .lanes = lanes_most};
    return options;
  }
};

/// Events `from` to `to`, each of another entity.
std::vector<Line> lines(int from, int to) {
  std::vector<Line> lines;
  for (int i = from; i <= to; ++i) lines.push_back({"e" + std::to_string(i), "E" + std::to_string(i), 1});
  return lines;
}

std::vector<std::string> ids(const std::vector<Line>& lines) {
  std::vector<std::string> ids;
  for (const auto& line : lines) ids.push_back(line.id);
  return ids;
}

}  // namespace

TEST_CASE("kept arrivals: they come in order and as far as was asked") {
  KeptArrivals kept{10};
  CHECK_FALSE(kept.has(one));
  kept.add(one, row(one, 1));  // nothing of it is kept, so something before may be missing
  CHECK_FALSE(kept.has(one));
  kept.begin(one, row(one, 2));
  kept.add(one, row(one, 3));
  kept.add(one, row(one, 5));
  CHECK(positions(kept.next(one, 2)) == Positions{2, 3});
  CHECK_FALSE(kept.next(one, 2).at_end);
  CHECK(kept.next(one, 3).at_end);
  kept.read_up_to(one, Position{4});
  CHECK(positions(kept.next(one, 10)) == Positions{5});
  kept.read_up_to(one, Position{5});
  CHECK_FALSE(kept.has(one));
}

TEST_CASE("kept arrivals: what finds no room is missing at the end and not in between") {
  KeptArrivals kept{3};
  kept.begin(one, row(one, 1));
  kept.add(one, row(one, 2));
  kept.begin(other, row(other, 3));
  kept.add(one, row(one, 4));
  kept.read_up_to(one, Position{1});
  kept.add(one, row(one, 5));  // there is room again, but the one before it is missing
  CHECK(positions(kept.next(one, 10)) == Positions{2});
  CHECK_FALSE(kept.next(one, 10).at_end);
  kept.add(other, row(other, 6));
  CHECK(positions(kept.next(other, 10)) == Positions{3, 6});
  kept.forget(one);
  CHECK_FALSE(kept.has(one));
  CHECK(kept.has(other));
  kept.forget_all();
  CHECK_FALSE(kept.has(other));
}

TEST_CASE("what arrives while the window is full is not read back") {
  NarrowRun run{100};
  run.fixture.arrive(lines(1, 1));
  run.fixture.play();
  run.fixture.arrive(lines(2, 30));
  run.fixture.play();
  run.fixture.answer("e1", 200);
  run.fixture.arrive(lines(31, 60));
  run.answer_all();
  CHECK(run.fixture.transport.sent_ids() == ids(lines(1, 60)));
  CHECK(run.fixture.finished());
  CHECK(run.rows_scanned == 1);  // the first event, whose delivery queue the run did not know
}

TEST_CASE("what arrives while the window is full and finds no room beside it is read back") {
  NarrowRun run;
  run.fixture.arrive(lines(1, 1));
  run.fixture.play();
  run.fixture.arrive(lines(2, 60));
  run.answer_all();
  CHECK(run.fixture.transport.sent_ids() == ids(lines(1, 60)));
  CHECK(run.fixture.finished());
  CHECK(run.rows_scanned > 40);
}

TEST_CASE("what another process appends between what was kept is sent in its place") {
  NarrowRun run{100};
  run.fixture.arrive(lines(1, 1));
  run.fixture.play();
  run.fixture.arrive({{"a1", "A", 1}, {"b1", "B", 1}, {"c1", "C", 1}, {"d1", "D", 1}, {"f1", "F", 1}});
  run.fixture.play();
  const auto elsewhere = incoming({{"g1", "G", 1}});
  as_operator(run.fixture, [&](journal::Transaction& transaction) {
    REQUIRE(transaction.append(elsewhere.batch.arrivals, {}, run.fixture.clock.wall()));
  });
  run.fixture.arrive({{"h1", "H", 1}});
  run.answer_all();
  CHECK(run.fixture.transport.sent_ids() ==
        std::vector<std::string>{"e1", "a1", "b1", "c1", "d1", "f1", "g1", "h1"});
  CHECK(run.fixture.finished());
}

TEST_CASE("what was kept and is cancelled meanwhile is not sent") {
  NarrowRun run{100};
  run.fixture.arrive(lines(1, 1));
  run.fixture.play();
  run.fixture.arrive(lines(2, 12));
  run.fixture.play();
  as_operator(run.fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
    const auto meant = deliveries_in(DeliveryState::pending, journal, {.events = {"e11"}});
    CHECK(transaction.cancel(meant, run.fixture.clock.wall()).value() == 1);
  });
  run.answer_all();
  auto expected = ids(lines(1, 12));
  std::erase(expected, "e11");
  CHECK(run.fixture.transport.sent_ids() == expected);
  CHECK(run.fixture.finished());
}

TEST_CASE("what was kept and went with its lane meanwhile is sent once") {
  NarrowRun run{100};
  run.fixture.arrive(lines(1, 4));
  run.fixture.play();
  std::vector<Line> mixed;
  for (int i = 2; i <= 6; ++i)
    for (const char* entity : {"E1", "E2", "X", "Y", "Z"})
      mixed.push_back({entity + std::to_string(i), entity, i - (entity[0] == 'E' ? 0 : 1)});
  run.fixture.arrive(mixed);
  run.answer_all();
  auto sent = run.fixture.transport.sent_ids();
  CHECK(sent.size() == 29);
  std::sort(sent.begin(), sent.end());
  CHECK(std::adjacent_find(sent.begin(), sent.end()) == sent.end());
  CHECK(run.fixture.finished());
}

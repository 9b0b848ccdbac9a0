// How often a turn calls the journal: each call costs a round trip where the journal is a server.

#include "support/journal/flawed_journal.hpp"
#include "unit/flow/dispatcher_fixture.hpp"

#include <algorithm>
#include <functional>
#include <memory>
#include <vector>

#include <fmt/format.h>

using namespace dispatch;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

/// Counts each call of the journal and of its transactions. A batch is one call.
class CountingJournal final : public FlawedJournal {
 public:
  CountingJournal(std::unique_ptr<journal::Journal> journal, std::size_t& calls, std::size_t& asked)
      : FlawedJournal(std::move(journal)), calls_(calls), asked_for_subscriptions_(asked) {}

  Result<std::shared_ptr<const SubscriptionSet>> subscriptions() override {
    ++asked_for_subscriptions_;
    return sound().subscriptions();
  }

  Result<std::vector<journal::DeliveryQueue>> queues_by_number(std::span<const QueueNo> numbers) override {
    return sound().queues_by_number(numbers);
  }
  Result<std::vector<bool>> several_destinations(std::span<const QueueNo> queues) override {
    return sound().several_destinations(queues);
  }
  Result<journal::DeliveryRows> scan_queues(std::span<const journal::QueueScan> scans) override {
    return sound().scan_queues(scans);
  }
  Result<journal::DeliveryRows> due_in_queues(std::span<const journal::DueScan> scans) override {
    return sound().due_in_queues(scans);
  }
  Result<std::vector<std::optional<WallTime>>> next_due_in_queues(
      std::span<const journal::PlaceInQueue> places) override {
    return sound().next_due_in_queues(places);
  }
  Result<std::vector<journal::Predecessor>> predecessors(
      std::span<const journal::DeliveryRow> rows) override {
    return sound().predecessors(rows);
  }
  Result<journal::DeliveryRows> open_in_lanes(std::span<const journal::DeliveryRow> rows,
                                              std::size_t limit) override {
    return sound().open_in_lanes(rows, limit);
  }
  Result<std::vector<std::optional<journal::DeliveryRow>>> heads(
      std::span<const journal::DeliveryKey> keys) override {
    return sound().heads(keys);
  }

 private:
  journal::Journal& sound() override {
    ++calls_;
    return FlawedJournal::sound();
  }
  journal::Transaction& sound_transaction() override {
    ++calls_;
    return FlawedJournal::sound_transaction();
  }
  std::size_t& calls_;
  std::size_t& asked_for_subscriptions_;
};

/// A dispatcher whose calls are counted; and the most that one of its turns has made.
class Counted {
 public:
  explicit Counted(flow::RunOptions options = {}) : fixture{DispatcherFixture::Dark{}, std::move(options)} {
    fixture.through = [&](auto journal) {
      return std::make_unique<CountingJournal>(std::move(journal), calls_, asked_for_subscriptions_);
    };
    REQUIRE(fixture.rise());
  }

  void play() {
    calls_ = 0;
    REQUIRE(fixture.try_play([&] {
      most_ = std::max(most_, std::exchange(calls_, 0));
      ++turns_;
    }));
  }
  void tick(std::chrono::microseconds by) {
    fixture.clock.tick(by);
    play();
  }
  /// All that is under way ends so in one turn, again and again until nothing is.
  void answer_all(int status) {
    for (int round = 0; round < 1'000 && !fixture.transport.under_way().empty(); ++round) {
      fixture.transport.finish_all(answered(status));
      play();
    }
    REQUIRE(fixture.transport.under_way().empty());
  }
  std::size_t most() const {
    REQUIRE(turns_ > 0);
    return most_;
  }

  /// How often the journal was asked for its subscriptions since the last call.
  std::size_t take_asked_for_subscriptions() { return std::exchange(asked_for_subscriptions_, 0); }

  DispatcherFixture fixture;

 private:
  std::size_t asked_for_subscriptions_ = 0;
  std::size_t calls_ = 0, most_ = 0, turns_ = 0;
};

using History = std::function<void(Counted& run, int size)>;

/// What the turns of a history call at most, whatever its size.
constexpr std::size_t calls_most = 32;

std::size_t most_calls(const History& history, int size, flow::RunOptions options) {
  Counted run{std::move(options)};
  history(run, size);
  return run.most();
}

void calls_do_not_grow(const History& history, const flow::RunOptions& options = {}) {
  const std::size_t small = most_calls(history, 8, options);
  const std::size_t large = most_calls(history, 400, options);
  CAPTURE(small);
  CAPTURE(large);
  CHECK(small > 0);
  CHECK(large <= calls_most);
}

std::vector<Line> lines(int entities, std::int64_t sequence, const std::function<std::string(int)>& url) {
  std::vector<Line> made;
  for (int i = 0; i < entities; ++i)
    made.push_back({fmt::format("e{}.{}", i, sequence), fmt::format("E{}", i), sequence, url(i)});
  return made;
}

std::string at_one_host(int) {
  return "http://a.test/hook";
}
std::string at_own_host(int i) {
  return fmt::format("http://h{}.test/hook", i);
}

flow::RunOptions wide() {
  flow::RunOptions options;
  options.requests.per_host = 1'000;
  options.requests.in_all = 1'000;
  return options;
}

std::vector<journal::DeliveryKey> all_keys(const DispatcherFixture& fixture) {
  const auto journal = fixture.other_journal();
  std::vector<journal::DeliveryKey> keys;
  const auto queues = journal->queues(QueueNo{}).value();
  for (const auto& queue : queues) {
    const auto rows = journal->scan(queue.no, Position{}, 10'000).value();
    for (const auto& row : rows) keys.push_back(row.key);
  }
  return keys;
}

}  // namespace

TEST_CASE("a turn calls the journal as often for many events as for few") {
  for (const auto& url : {at_one_host, at_own_host}) {
    calls_do_not_grow(
        [&](Counted& run, int size) {
          for (std::int64_t sequence = 1; sequence <= 3; ++sequence)
            run.fixture.arrive(lines(size, sequence, url));
          run.play();
          run.answer_all(200);
          CHECK(run.fixture.stats().delivered == static_cast<std::uint64_t>(3 * size));
        },
        wide());
  }
}

TEST_CASE("a turn calls the journal as often for many lanes with gaps as for few") {
  calls_do_not_grow(
      [](Counted& run, int size) {
        run.fixture.arrive(lines(size, 1, at_one_host));
        run.fixture.arrive(lines(size, 3, at_one_host));
        run.play();
        run.answer_all(200);
        run.fixture.arrive(lines(size, 2, at_one_host));
        run.play();
        run.answer_all(200);
        CHECK(run.fixture.stats().delivered == static_cast<std::uint64_t>(3 * size));
      },
      wide());
}

TEST_CASE("a turn calls the journal as often for many retries as for few") {
  for (const auto& url : {at_one_host, at_own_host}) {
    calls_do_not_grow(
        [&](Counted& run, int size) {
          run.fixture.arrive(lines(size, 1, url));
          run.play();
          run.answer_all(500);
          for (int retry = 0; retry < 2; ++retry) {
            run.tick(1min);
            run.answer_all(retry == 0 ? 500 : 200);
          }
          CHECK(run.fixture.stats().delivered == static_cast<std::uint64_t>(size));
        },
        wide());
  }
}

TEST_CASE("a turn calls the journal as often for many wakeups as for few") {
  auto options = wide();
  options.retry.attempts = 1;
  for (const auto& url : {at_one_host, at_own_host}) {
    calls_do_not_grow(
        [&](Counted& run, int size) {
          run.fixture.arrive(lines(size, 1, url));
          run.play();
          run.answer_all(500);
          CHECK(run.fixture.stats().buried == static_cast<std::uint64_t>(size));
          as_operator(run.fixture, [&](journal::Transaction& transaction) {
            REQUIRE(transaction.release(all_keys(run.fixture), run.fixture.clock.wall()).value() == size);
          });
          run.tick(100ms);
          run.answer_all(200);
          CHECK(run.fixture.stats().delivered == static_cast<std::uint64_t>(size));
        },
        options);
  }
}

TEST_CASE("a turn calls the journal as often where a limit holds much back as where it holds little") {
  auto options = wide();
  options.rate = Rate{.count = 50, .per = 1s};
  calls_do_not_grow(
      [](Counted& run, int size) {
        run.fixture.arrive(lines(size, 1, at_one_host));
        run.fixture.arrive(lines(size, 2, at_one_host));
        run.play();
        for (int round = 0; round < 2'000 && !run.fixture.finished(); ++round) {
          run.answer_all(200);
          run.tick(20ms);
        }
        CHECK(run.fixture.stats().delivered == static_cast<std::uint64_t>(2 * size));
      },
      options);
}

TEST_CASE("a turn calls the journal as often for many subscriptions that are paused or moved as for few") {
  calls_do_not_grow(
      [](Counted& run, int size) {
        const int subscriptions = size / 4;
        for (int i = 0; i < subscriptions; ++i) subscribe(run.fixture, subscription(fmt::format("s{}", i)));
        run.fixture.arrive({{"e1", "E", 1, ""}});
        run.fixture.arrive({{"e2", "E", 2, ""}});
        run.play();
        run.answer_all(410);
        CHECK(run.fixture.stats().delivered == 0);
        as_operator(run.fixture, [&](journal::Journal& journal, journal::Transaction& transaction) {
          const auto all = journal.subscriptions().value();
          for (const auto& known : all->all()) {
            Subscription one = *known;
            one.host = "n-" + one.host;
            one.url = "http://" + one.host + "/hook";
            REQUIRE(transaction.put_subscription(one, run.fixture.clock.wall()));
            REQUIRE(transaction.resume_subscription(one.no, run.fixture.clock.wall()));
          }
        });
        run.tick(100ms);
        run.answer_all(200);
        run.tick(1min);
        run.answer_all(200);
        CHECK(run.fixture.stats().delivered == static_cast<std::uint64_t>(2 * subscriptions));
      },
      wide());
}

TEST_CASE("a turn calls the journal as often after a crash with much to read as with little") {
  calls_do_not_grow(
      [](Counted& run, int size) {
        run.fixture.arrive(lines(size, 1, at_own_host));
        run.fixture.arrive(lines(size, 2, at_own_host));
        run.play();
        run.fixture.fall();
        REQUIRE(run.fixture.rise());
        run.play();
        run.tick(1min);
        run.answer_all(200);
        CHECK(run.fixture.stats().state_counts.of(DeliveryState::completed) == 2 * size);
      },
      wide());
}

TEST_CASE("a run asks the journal for the subscriptions once for each change of them") {
  Counted run{wide()};
  subscribe(run.fixture, subscription("one"));
  run.fixture.arrive({{"e1", "E", 1, ""}});
  run.play();
  CHECK(run.take_asked_for_subscriptions() > 0);
  CHECK(run.fixture.transport.under_way().size() == 1);

  for (std::int64_t sequence = 1; sequence <= 5; ++sequence) {
    run.fixture.arrive(lines(3, sequence, at_one_host));
    run.play();
    run.answer_all(200);
  }
  CHECK(run.take_asked_for_subscriptions() == 0);

  subscribe(run.fixture, subscription("two"));
  run.fixture.arrive({{"e2", "E", 2, ""}});
  run.play();
  CHECK(run.take_asked_for_subscriptions() == 1);
  CHECK(run.fixture.transport.under_way().size() == 2);
}

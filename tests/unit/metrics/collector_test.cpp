#include "metrics/collector.hpp"

#include <array>
#include <condition_variable>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch::metrics;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 60s;

/// Holds whoever counts until it is opened.
class GatedStore final : public MetricStore {
 public:
  void inc(std::string_view) override {
    std::unique_lock lock{mutex_};
    ++inside_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return open_; });
    ++counted_;
  }
  std::int64_t get(std::string_view) const override {
    const std::scoped_lock lock{mutex_};
    return counted_;
  }
  void wait_inside(int threads) {
    std::unique_lock lock{mutex_};
    REQUIRE(changed_.wait_for(lock, patience, [&] { return inside_ >= threads; }));
  }
  void open() {
    const std::scoped_lock lock{mutex_};
    open_ = true;
    changed_.notify_all();
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int inside_ = 0;
  std::int64_t counted_ = 0;
};

/// Has no room for any key.
class FullStore final : public MetricStore {
 public:
  void inc(std::string_view) override { throw std::bad_alloc{}; }
  std::int64_t get(std::string_view) const override { return 0; }
};

std::vector<Record> records(std::size_t count, std::string_view key = "key") {
  return std::vector<Record>(count, Record{key});
}

}  // namespace

TEST_CASE("eight producers and four workers lose no count") {
  constexpr std::size_t producers = 8;
  constexpr std::size_t batches = 200;
  constexpr std::array<std::string_view, 4> keys{"a", "b", "c", "d"};
  SharedMapStore store;
  std::stop_source stop;
  AsyncCollector collector{store, producers * batches * 10, 4, stop.get_token()};
  {
    std::vector<std::jthread> all;
    for (std::size_t producer = 0; producer < producers; ++producer)
      all.emplace_back([&collector, key = keys[producer % keys.size()]] {
        for (std::size_t i = 0; i < batches; ++i) {
          collector.put(records(9, key));
          collector.put(Record{"single"});
        }
      });
  }
  REQUIRE(collector.drain(patience));
  for (const auto key : keys) CHECK(store.get(key) == 2 * batches * 9);
  CHECK(store.get("single") == producers * batches);
  CHECK(collector.dropped() == 0);
}

TEST_CASE("a burst of a million records is counted or known to be dropped and holds nobody up") {
  constexpr std::size_t burst = 1'000'000;
  constexpr std::size_t capacity = 10'000;
  GatedStore store;  // nothing is taken out while the burst lasts
  AsyncCollector collector{store, capacity, 1, {}};
  for (std::size_t put = 0; put < burst; put += 1'000) collector.put(records(1'000));
  CHECK(collector.dropped() >= burst - capacity - 64);
  CHECK(collector.dropped() <= burst - capacity);
  store.open();
  REQUIRE(collector.drain(patience));
  CHECK(static_cast<std::uint64_t>(store.get("key")) + collector.dropped() == burst);
}

TEST_CASE("a burst of a million records that there is room for is counted whole") {
  constexpr std::size_t burst = 1'000'000;
  SharedMapStore store;
  AsyncCollector collector{store, burst, 4, {}};
  collector.put(records(burst));
  REQUIRE(collector.drain(patience));
  CHECK(store.get("key") == burst);
  CHECK(collector.dropped() == 0);
}

TEST_CASE("a stop with a full queue ends the workers after what they hold") {
  GatedStore store;
  std::stop_source stop;
  {
    AsyncCollector collector{store, 1'000, 4, stop.get_token()};
    collector.put(records(2'000));
    store.wait_inside(4);
    stop.request_stop();
    CHECK_FALSE(collector.drain(patience));
    const auto held = 2'000 - collector.dropped();
    CHECK(held >= 4);
    CHECK(held <= std::uint64_t{4} * 64);
    collector.put(records(10));  // nobody would count it
    CHECK(collector.dropped() == 2'010 - held);
    store.open();
    while (static_cast<std::uint64_t>(store.get("key")) < held) std::this_thread::yield();
  }
  CHECK(store.get("key") <= 4 * 64);
}

TEST_CASE("workers that wait for records end at once when they are told to stop") {
  SharedMapStore store;
  std::stop_source stop;
  AsyncCollector collector{store, 10, 4, stop.get_token()};
  stop.request_stop();
  collector.put(Record{"late"});
  CHECK(collector.dropped() == 1);
  CHECK(store.get("late") == 0);
}

TEST_CASE("a collector whose stop was requested before counts nothing") {
  SharedMapStore store;
  std::stop_source stop;
  stop.request_stop();
  AsyncCollector collector{store, 10, 2, stop.get_token()};
  collector.put(records(3));
  CHECK(collector.dropped() == 3);
}

TEST_CASE("a collector that nobody stops ends with its scope") {
  SharedMapStore store;
  {
    AsyncCollector collector{store, 10, 2, {}};
    collector.put(Record{"one"});
    REQUIRE(collector.drain(patience));
  }
  CHECK(store.get("one") == 1);
}

TEST_CASE("what a store fails to count is known to be dropped") {
  FullStore store;
  AsyncCollector collector{store, 10, 2, {}};
  collector.put(records(5));
  REQUIRE(collector.drain(patience));
  CHECK(collector.dropped() == 5);
}

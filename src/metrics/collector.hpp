#pragma once

#include "metrics/store.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

namespace dispatch::metrics {

/// One thing that happened, to be counted under `key`, whose text outlives the collector (metrics/keys.hpp).
struct Record {
  std::string_view key;
};

/// Counts what happened, aside: records wait in a queue of a fixed size, and a pool of threads brings them
/// into the store. Whoever hands records over never waits for that: what the queue has no room for is
/// dropped, and how much that was is known. Thread-safe.
class AsyncCollector {
 public:
  /// At least one worker, and room for one record. A request to stop ends the workers at once: each finishes
  /// the records that it holds, those in the queue are dropped.
  AsyncCollector(MetricStore& store, std::size_t capacity, std::size_t workers, std::stop_token stop);
  /// Stops, where nobody has, and waits for the workers.
  ~AsyncCollector();
  AsyncCollector(const AsyncCollector&) = delete;
  AsyncCollector& operator=(const AsyncCollector&) = delete;

  /// Hands records over, all at once: one lock however many there are.
  void put(std::span<const Record> records);
  void put(const Record& record) { put({&record, 1}); }

  /// Waits until all that was put before is in the store; false where it was stopped or `patience` ended
  /// first.
  bool drain(std::chrono::milliseconds patience);

  /// Records that were not counted: the queue was full, it was stopped, or the store failed.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  void work();
  /// Waits for records and moves some of them into `held`. False: to stop.
  bool take(std::vector<Record>& held);
  void done(std::size_t records);
  void stop_now();

  MetricStore& store_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::condition_variable drained_;
  std::vector<Record> ring_;
  std::size_t first_ = 0;    // of those that wait, in ring_
  std::size_t waiting_ = 0;  // in ring_
  std::size_t held_ = 0;     // by workers
  std::atomic<std::uint64_t> dropped_ = 0;
  struct StopNow {
    AsyncCollector* self;
    void operator()() const { self->stop_now(); }
  };
  std::vector<std::jthread> workers_;
  std::optional<std::stop_callback<StopNow>> asked_to_stop_;  // last: may call back at once
};

}  // namespace dispatch::metrics

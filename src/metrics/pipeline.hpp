#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

namespace dispatch::metrics {

/// How many records a worker takes at a time.
struct Gathering {
  std::size_t most = 64;  ///< small enough to end quickly, large enough that the lock costs little
  std::chrono::milliseconds wait{0};  ///< longest time that the first queued record waits for a full batch
};

/// Processes records asynchronously: they wait in a queue of fixed size for a pool of threads. Callers never
/// wait: if the queue is full, records are dropped and counted. With one worker, records keep their order.
/// Thread-safe.
template <class Record>
class Pipeline {
 public:
  /// Processes records and returns how many were lost; if it throws, all were lost. Called by the workers.
  using Work = std::function<std::size_t(std::span<Record>)>;

  /// At least one worker, and room for one record. A stop request ends the workers at once: each finishes its
  /// current records, and queued ones are dropped.
  Pipeline(std::size_t capacity, std::size_t workers, std::stop_token stop, Work work,
           Gathering gathering = {})
      : work_(std::move(work)),
        gathering_{std::clamp<std::size_t>(gathering.most, 1, std::max<std::size_t>(capacity, 1)),
                   gathering.wait},
        ring_(std::max<std::size_t>(capacity, 1)) {
    workers = std::max<std::size_t>(workers, 1);
    workers_.reserve(workers);
    for (std::size_t i = 0; i < workers; ++i) workers_.emplace_back([this] { run(); });
    asked_to_stop_.emplace(std::move(stop), StopNow{this});
  }
  /// Stops, if not stopped yet, and waits for the workers.
  ~Pipeline() {
    asked_to_stop_.reset();
    stop_now();
  }
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Adds records in one batch, with one lock.
  void put(std::span<const Record> records) {
    if (records.empty()) return;
    std::size_t taken = 0;
    std::size_t before = 0;
    {
      const std::scoped_lock lock{mutex_};
      before = waiting_;
      if (!stop_.stop_requested()) taken = std::min(records.size(), ring_.size() - waiting_);
      for (std::size_t i = 0; i < taken; ++i) ring_[(first_ + waiting_ + i) % ring_.size()] = records[i];
      waiting_ += taken;
    }
    dropped_.fetch_add(records.size() - taken, std::memory_order_relaxed);
    if (taken > gathering_.most)
      arrived_.notify_all();
    else if (taken > 0 && news(before, before + taken))
      arrived_.notify_one();
  }

  /// Stops, if not stopped yet, and waits for the workers; then dropped() is final. Call it once, from any
  /// thread but a worker's.
  void end() {
    stop_now();
    workers_.clear();
  }

  /// Waits until everything added before is processed; returns false if it was stopped or `patience` ended
  /// first.
  bool drain(std::chrono::milliseconds patience) {
    std::unique_lock lock{mutex_};
    ++draining_;
    arrived_.notify_all();
    const bool quiet = drained_.wait_for(
        lock, patience, [this] { return stop_.stop_requested() || (waiting_ == 0 && held_ == 0); });
    --draining_;
    return quiet && !stop_.stop_requested();
  }

  /// Number of records that were not processed: the queue was full, it was stopped, or the work lost them.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  /// True if a worker that waits for a batch must be notified.
  bool news(std::size_t before, std::size_t now) const {
    return gathering_.wait.count() == 0 || before == 0 ||
           (before < gathering_.most && now >= gathering_.most);
  }

  /// Waits for records and moves some of them into `held`. Returns false to stop.
  bool take(std::vector<Record>& held) {
    std::unique_lock lock{mutex_};
    arrived_.wait(lock, stop_.get_token(), [this] { return waiting_ > 0; });
    if (gathering_.wait.count() > 0)
      arrived_.wait_for(lock, stop_.get_token(), gathering_.wait,
                        [this] { return waiting_ >= gathering_.most || draining_ > 0; });
    if (stop_.stop_requested()) return false;
    const std::size_t count = std::min(waiting_, gathering_.most);
    for (std::size_t i = 0; i < count; ++i) held.push_back(std::move(ring_[(first_ + i) % ring_.size()]));
    first_ = (first_ + count) % ring_.size();
    waiting_ -= count;
    held_ += count;
    return true;
  }

  void done(std::size_t records) {
    const std::scoped_lock lock{mutex_};
    held_ -= records;
    if (held_ == 0 && waiting_ == 0) drained_.notify_all();
  }

  void run() {
    std::vector<Record> held;
    held.reserve(gathering_.most);
    while (take(held)) {
      const std::size_t count = held.size();
      std::size_t lost = count;
      try {
        lost = work_(held);
      } catch (const std::exception&) {  // probably out of memory; dropped() shows it
      }
      dropped_.fetch_add(lost, std::memory_order_relaxed);
      held.clear();
      done(count);
    }
  }

  void stop_now() {
    stop_.request_stop();
    const std::scoped_lock lock{mutex_};
    dropped_.fetch_add(std::exchange(waiting_, 0), std::memory_order_relaxed);
    drained_.notify_all();
  }

  const Work work_;
  const Gathering gathering_;
  std::stop_source stop_;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::condition_variable drained_;
  std::vector<Record> ring_;
  std::size_t first_ = 0;    // index in ring_ of the first waiting record
  std::size_t waiting_ = 0;  // number of records in ring_
  std::size_t held_ = 0;     // number of records that workers hold
  int draining_ = 0;         // number of callers in drain()
  std::atomic<std::uint64_t> dropped_ = 0;
  struct StopNow {
    Pipeline* self;
    void operator()() const { self->stop_now(); }
  };
  std::vector<std::jthread> workers_;
  std::optional<std::stop_callback<StopNow>> asked_to_stop_;  // last: may call back at once
};

}  // namespace dispatch::metrics

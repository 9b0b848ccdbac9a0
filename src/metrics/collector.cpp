#include "metrics/collector.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace dispatch::metrics {
namespace {

/// Few enough to end quickly, and enough that the lock is no cost.
constexpr std::size_t held_most = 64;

}  // namespace

AsyncCollector::AsyncCollector(MetricStore& store, std::size_t capacity, std::size_t workers,
                               std::stop_token stop)
    : store_(store), ring_(std::max<std::size_t>(capacity, 1)) {
  workers = std::max<std::size_t>(workers, 1);
  workers_.reserve(workers);
  for (std::size_t i = 0; i < workers; ++i) workers_.emplace_back([this] { work(); });
  asked_to_stop_.emplace(std::move(stop), StopNow{this});
}

AsyncCollector::~AsyncCollector() {
  asked_to_stop_.reset();
  stop_now();
}

void AsyncCollector::stop_now() {
  stop_.request_stop();
  const std::scoped_lock lock{mutex_};
  dropped_.fetch_add(std::exchange(waiting_, 0), std::memory_order_relaxed);
  drained_.notify_all();
}

void AsyncCollector::put(std::span<const Record> records) {
  if (records.empty()) return;
  std::size_t taken = 0;
  {
    const std::scoped_lock lock{mutex_};
    if (!stop_.stop_requested()) taken = std::min(records.size(), ring_.size() - waiting_);
    for (std::size_t i = 0; i < taken; ++i) ring_[(first_ + waiting_ + i) % ring_.size()] = records[i];
    waiting_ += taken;
  }
  dropped_.fetch_add(records.size() - taken, std::memory_order_relaxed);
  if (taken > held_most)
    arrived_.notify_all();
  else if (taken > 0)
    arrived_.notify_one();
}

bool AsyncCollector::take(std::vector<Record>& held) {
  std::unique_lock lock{mutex_};
  arrived_.wait(lock, stop_.get_token(), [this] { return waiting_ > 0; });
  if (stop_.stop_requested()) return false;
  const std::size_t count = std::min(waiting_, held_most);
  held.clear();
  for (std::size_t i = 0; i < count; ++i) held.push_back(ring_[(first_ + i) % ring_.size()]);
  first_ = (first_ + count) % ring_.size();
  waiting_ -= count;
  held_ += count;
  return true;
}

void AsyncCollector::done(std::size_t records) {
  const std::scoped_lock lock{mutex_};
  held_ -= records;
  if (held_ == 0 && waiting_ == 0) drained_.notify_all();
}

void AsyncCollector::work() {
  std::vector<Record> held;
  held.reserve(held_most);
  while (take(held)) {
    for (const Record& record : held) {
      try {
        store_.inc(record.key);
      } catch (const std::exception&) {  // no memory for a new key: it shows in dropped()
        dropped_.fetch_add(1, std::memory_order_relaxed);
      }
    }
    done(held.size());
  }
}

bool AsyncCollector::drain(std::chrono::milliseconds patience) {
  std::unique_lock lock{mutex_};
  const bool quiet = drained_.wait_for(
      lock, patience, [this] { return stop_.stop_requested() || (waiting_ == 0 && held_ == 0); });
  return quiet && !stop_.stop_requested();
}

}  // namespace dispatch::metrics

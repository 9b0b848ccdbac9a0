#pragma once

#include "delivery/transport.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <iterator>
#include <mutex>
#include <utility>
#include <vector>

namespace dispatch::test {

/// Keeps every report, and lets a test wait for them. Thread-safe.
class CollectedReports final : public delivery::Reports {
 public:
  void put(std::vector<delivery::Report> reports) override {
    const std::scoped_lock lock{mutex_};
    std::move(reports.begin(), reports.end(), std::back_inserter(reports_));
    changed_.notify_all();
  }

  /// False where the time is up first.
  bool wait_for(std::size_t count, std::chrono::milliseconds timeout = std::chrono::seconds{10}) const {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, timeout, [&] { return reports_.size() >= count; });
  }

  /// Everything reported so far, in order.
  std::vector<delivery::Report> all() const {
    const std::scoped_lock lock{mutex_};
    return reports_;
  }

  std::size_t count() const {
    const std::scoped_lock lock{mutex_};
    return reports_.size();
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::vector<delivery::Report> reports_;
};

}  // namespace dispatch::test

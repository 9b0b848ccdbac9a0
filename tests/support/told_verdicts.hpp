#pragma once

#include "ingest/batch/receipt.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <vector>

namespace dispatch::test {

/// Whoever waits for verdicts, and writes down what is told. Thread-safe.
class ToldVerdicts final : public ingest::Receipts {
 public:
  void tell(std::uint64_t event, const ingest::Verdict& verdict) noexcept override {
    const std::scoped_lock lock{mutex_};
    told_[event].push_back(verdict);
  }

  /// By the number of the event, whatever was told of it.
  std::map<std::uint64_t, std::vector<ingest::Verdict>> all() const {
    const std::scoped_lock lock{mutex_};
    return told_;
  }
  /// The number of events of which something was told.
  std::size_t count() const {
    const std::scoped_lock lock{mutex_};
    return told_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, std::vector<ingest::Verdict>> told_;
};

}  // namespace dispatch::test

#pragma once

#include "metrics/pipeline.hpp"
#include "metrics/store.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>

namespace dispatch::metrics {

/// One thing that happened, to be counted under `key`, whose text outlives the collector (metrics/keys.hpp).
struct Record {
  std::string_view key;
};

/// Counts what happened, aside: a pipeline whose workers bring records into the store. Whoever hands records
/// over never waits for that, and what was not counted is known. Thread-safe.
class AsyncCollector {
 public:
  /// As those of Pipeline.
  AsyncCollector(MetricStore& store, std::size_t capacity, std::size_t workers, std::stop_token stop);

  /// Hands records over, all at once: one lock however many there are.
  void put(std::span<const Record> records) { records_.put(records); }
  void put(const Record& record) { put({&record, 1}); }

  /// Waits until all that was put before is in the store; false where it was stopped or `patience` ended
  /// first.
  bool drain(std::chrono::milliseconds patience) { return records_.drain(patience); }

  /// Records that were not counted: the queue was full, it was stopped, or the store failed.
  std::uint64_t dropped() const { return records_.dropped(); }

 private:
  Pipeline<Record> records_;
};

}  // namespace dispatch::metrics

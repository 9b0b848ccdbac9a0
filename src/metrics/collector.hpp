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

/// One occurrence to count under `key`, whose text must outlive the collector (metrics/keys.hpp).
struct Record {
  std::string_view key;
};

/// Counts records asynchronously: the workers of a pipeline add them to the store. Callers never wait, and
/// dropped records are counted. Thread-safe.
class AsyncCollector {
 public:
  /// See Pipeline.
  AsyncCollector(MetricStore& store, std::size_t capacity, std::size_t workers, std::stop_token stop);

  /// Adds records in one batch, with one lock.
  void put(std::span<const Record> records) { records_.put(records); }
  void put(const Record& record) { put({&record, 1}); }

  /// Waits until everything added before is in the store; returns false if it was stopped or `patience` ended
  /// first.
  bool drain(std::chrono::milliseconds patience) { return records_.drain(patience); }

  /// Number of records that were not counted: the queue was full, it was stopped, or the store failed.
  std::uint64_t dropped() const { return records_.dropped(); }

 private:
  Pipeline<Record> records_;
};

}  // namespace dispatch::metrics

#include "metrics/collector.hpp"

#include <exception>
#include <utility>

namespace dispatch::metrics {
namespace {

/// Returns how many of them the store failed to count.
std::size_t count(MetricStore& store, std::span<const Record> records) {
  std::size_t lost = 0;
  for (const Record& record : records) {
    try {
      store.inc(record.key);
    } catch (const std::exception&) {  // no memory for a new key: it shows in dropped()
      ++lost;
    }
  }
  return lost;
}

}  // namespace

AsyncCollector::AsyncCollector(MetricStore& store, std::size_t capacity, std::size_t workers,
                               std::stop_token stop)
    : records_(capacity, workers, std::move(stop),
               [&store](std::span<const Record> records) { return count(store, records); }) {}

}  // namespace dispatch::metrics

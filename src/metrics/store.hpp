#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace dispatch::metrics {

/// Stores counters by key. A key is the name of a series with its labels, as in the exposition
/// (metrics/keys.hpp). Implementations are thread-safe.
class MetricStore {
 public:
  virtual ~MetricStore() = default;
  /// Increments the counter of `key`.
  virtual void inc(std::string_view key) = 0;
  /// The counter of `key`; 0 if it was never incremented. 64 bits, because 32 bits overflow within a day at
  /// full speed.
  virtual std::int64_t get(std::string_view key) const = 0;
};

/// Counters in memory. A look-up takes a shared lock of the map, and only adding a key takes an exclusive
/// one; the counters are atomic. So threads that count existing keys do not wait for each other.
class SharedMapStore final : public MetricStore {
 public:
  void inc(std::string_view key) override;
  std::int64_t get(std::string_view key) const override;

  /// A copy of all counters. Concurrent increments may or may not be included.
  std::map<std::string, std::int64_t> snapshot() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept { return std::hash<std::string_view>{}(key); }
  };

  mutable std::shared_mutex mutex_;  // of the map, not of the counts
  std::unordered_map<std::string, std::atomic<std::int64_t>, Hash, std::equal_to<>> counts_;
};

}  // namespace dispatch::metrics

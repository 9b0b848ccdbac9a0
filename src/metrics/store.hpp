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

/// Counts, by key: where they are kept, apart from who counts. A key is the name of a series with its labels,
/// as the exposition writes it (metrics/keys.hpp). Implementations are thread-safe.
class MetricStore {
 public:
  virtual ~MetricStore() = default;
  /// One more under `key`.
  virtual void inc(std::string_view key) = 0;
  /// How many there are; 0 of a key that was never counted. 64 bits wide, as 32 are full after a day at
  /// speed.
  virtual std::int64_t get(std::string_view key) const = 0;
};

/// In memory. Its map is locked for reading by whoever looks a key up, to count or to read, and for writing
/// only by who adds a key: the counts themselves are atomic. So threads that count what is known do not wait
/// for each other.
class SharedMapStore final : public MetricStore {
 public:
  void inc(std::string_view key) override;
  std::int64_t get(std::string_view key) const override;

  /// All there is. What is counted meanwhile may be in it or not.
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

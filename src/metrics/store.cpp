#include "metrics/store.hpp"

#include <mutex>

namespace dispatch::metrics {

void SharedMapStore::inc(std::string_view key) {
  {
    const std::shared_lock lock{mutex_};
    if (const auto found = counts_.find(key); found != counts_.end()) {
      found->second.fetch_add(1, std::memory_order_relaxed);
      return;
    }
  }
  const std::unique_lock lock{mutex_};
  counts_.try_emplace(std::string{key}, 0).first->second.fetch_add(1, std::memory_order_relaxed);
}

std::int64_t SharedMapStore::get(std::string_view key) const {
  const std::shared_lock lock{mutex_};
  const auto found = counts_.find(key);
  return found == counts_.end() ? 0 : found->second.load(std::memory_order_relaxed);
}

std::map<std::string, std::int64_t> SharedMapStore::snapshot() const {
  std::map<std::string, std::int64_t> all;
  const std::shared_lock lock{mutex_};
  for (const auto& [key, count] : counts_) all.emplace(key, count.load(std::memory_order_relaxed));
  return all;
}

}  // namespace dispatch::metrics

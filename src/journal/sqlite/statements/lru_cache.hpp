#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace dispatch::journal {

/// A cache of values by name, with at most `capacity` entries; evicts the least recently used one.
template <class Value>
class LruCache {
 public:
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

  /// Null if the name is not in the cache. Valid until the next call of put or clear.
  Value* find(std::string_view name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return nullptr;
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return &found->second->second;
  }

  /// `name` must not be in the cache.
  Value& put(std::string_view name, Value value) {
    if (by_use_.size() == capacity_) {
      by_name_.erase(by_use_.back().first);
      by_use_.pop_back();
    }
    by_use_.emplace_front(std::string{name}, std::move(value));
    by_name_.emplace(by_use_.front().first, by_use_.begin());
    return by_use_.front().second;
  }

  void clear() {
    by_name_.clear();
    by_use_.clear();
  }

 private:
  using Entries = std::list<std::pair<std::string, Value>>;
  std::size_t capacity_;
  Entries by_use_;
  std::unordered_map<std::string_view, typename Entries::iterator>
      by_name_;  // its keys are the texts in by_use_
};

}  // namespace dispatch::journal

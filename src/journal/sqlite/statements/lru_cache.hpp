#pragma once

#include <cstddef>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace dispatch::journal {

/// What was last known under a name, for at most `capacity` names; the one not used for longest is forgotten
/// first.
template <class Value>
class LruCache {
 public:
  explicit LruCache(std::size_t capacity) : capacity_(capacity) {}

  /// Null where the name is not known. Valid until the next call of put or clear.
  Value* find(std::string_view name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return nullptr;
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return &found->second->second;
  }

  /// `name` must not be known yet.
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

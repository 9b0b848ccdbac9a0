#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <utility>

namespace dispatch::serve {

/// Values by name, in bounded memory. Entries that were not used during the last half of `bytes_most` are
/// dropped first. Not thread-safe.
template <class Value>
class RecentMap {
 public:
  /// `bytes_most` includes names, values and overhead.
  explicit RecentMap(std::size_t bytes_most) : half_(bytes_most / 2) {}

  /// Null if the name is not in the map. Valid until the next call.
  Value* find(const std::string& name) {
    if (const auto found = recent_.find(name); found != recent_.end()) return &found->second;
    const auto older = older_.find(name);
    if (older == older_.end()) return nullptr;
    Value value = std::move(older->second);
    older_.erase(older);
    return &put(name, std::move(value));
  }

  /// The value for that name; a new one if it is not in the map.
  Value& operator[](const std::string& name) {
    Value* const known = find(name);
    return known != nullptr ? *known : put(name, Value{});
  }

  /// True once an entry was dropped.
  bool has_forgotten() const { return forgotten_; }

 private:
  /// The size of an entry without its name: a node, its table slot, and the allocator's overhead.
  static constexpr std::size_t entry_bytes = sizeof(Value) + sizeof(std::string) + 64;

  Value& put(const std::string& name, Value value) {
    const std::size_t bytes = name.size() + entry_bytes;
    if (recent_bytes_ + bytes > half_) {
      forgotten_ = forgotten_ || !older_.empty();
      older_ = std::exchange(recent_, {});
      recent_bytes_ = 0;
    }
    recent_bytes_ += bytes;
    return recent_.insert_or_assign(name, std::move(value)).first->second;
  }

  const std::size_t half_;
  std::size_t recent_bytes_ = 0;
  bool forgotten_ = false;
  std::unordered_map<std::string, Value> recent_, older_;
};

}  // namespace dispatch::serve

#pragma once

#include "journal/sqlite/statements/statement.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

namespace dispatch::journal {

/// A cache of names by the journal's own numbers for them. The meaning of a committed number never changes,
/// so entries never become stale. Memory is bounded by two generations: when the young one is full it
/// replaces the old one.
class NameCache {
 public:
  /// `sql` selects the name for one number.
  NameCache(const SQLite::Database& database, const std::string& sql, std::size_t names_most = 32'768)
      : find_(database, sql), generation_most_(names_most / 2) {}

  /// The name of `number`; empty if there is no such number. Valid until the next call.
  const std::string& name(std::int64_t number) {
    if (const auto young = young_.find(number); young != young_.end()) return young->second;
    std::string name;
    if (const auto old = old_.find(number); old != old_.end()) {
      name = std::move(old->second);
      old_.erase(old);
    } else if (auto rows = find_.rows(number); rows.next()) {
      name = rows.bytes(0);
    }
    if (young_.size() == generation_most_) old_ = std::exchange(young_, {});
    return young_.emplace(number, std::move(name)).first->second;
  }

  /// Call it after a turn was abandoned: its numbers can be given to other names.
  void forget() {
    young_.clear();
    old_.clear();
  }

 private:
  Statement find_;
  std::size_t generation_most_;
  std::unordered_map<std::int64_t, std::string> young_, old_;
};

}  // namespace dispatch::journal

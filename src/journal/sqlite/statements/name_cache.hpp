#pragma once

#include "journal/sqlite/statements/statement.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

namespace dispatch::journal {

/// Names by the journal's own numbers for them, which never change their meaning, so that nothing has to be
/// forgotten for correctness. Memory is bounded by two generations: when the young one is full it becomes the
/// old one, and the old one goes.
class NameCache {
 public:
  /// `sql` selects the name of one number.
  NameCache(const SQLite::Database& database, const std::string& sql, std::size_t names_most = 32'768)
      : find_(database, sql), generation_most_(names_most / 2) {}

  /// Empty where there is no such number. Valid until the next call.
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

  /// After a turn that was abandoned: its numbers may be given to other names.
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

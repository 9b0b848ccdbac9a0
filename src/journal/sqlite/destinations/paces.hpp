#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <span>
#include <vector>

namespace dispatch::journal {

/// The times before which destinations get no further request because of their rate limit.
class Paces {
 public:
  explicit Paces(SQLite::Database& database);

  /// Implements Transaction::save_paces.
  void save(std::span<const PaceRow> changed, std::span<const DestinationNo> over);
  /// Implements Journal::paces.
  std::vector<PaceRow> all();

 private:
  Statement put_, remove_, all_;
};

}  // namespace dispatch::journal

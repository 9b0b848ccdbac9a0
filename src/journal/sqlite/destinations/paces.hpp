#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <span>
#include <vector>

namespace dispatch::journal {

/// Until when destinations get no further request by their rate.
class Paces {
 public:
  explicit Paces(SQLite::Database& database);

  /// Journal::remember_paces.
  void save(std::span<const PaceRow> changed, std::span<const DestinationNo> over);
  /// Journal::paces.
  std::vector<PaceRow> all();

 private:
  Statement put_, remove_, all_;
};

}  // namespace dispatch::journal

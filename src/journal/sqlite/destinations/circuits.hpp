#pragma once

#include "journal/rows.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <span>
#include <vector>

namespace dispatch::journal {

/// The circuit breakers that are not closed.
class Circuits {
 public:
  explicit Circuits(SQLite::Database& database);

  /// Implements Transaction::save_circuits.
  void save(std::span<const CircuitRow> changed, std::span<const DestinationNo> closed);
  /// Implements Journal::circuits.
  std::vector<CircuitRow> all();

 private:
  Statement put_, remove_, all_;
};

}  // namespace dispatch::journal

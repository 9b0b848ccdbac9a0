#pragma once

#include "journal/sqlite/statements/statement.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <optional>
#include <string>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// One INSERT for several rows: to run a statement costs more than to insert a row. It is prepared for 1, 2,
/// 4, 8 and 16 rows, each when it is first used.
class RowsInsert {
 public:
  static constexpr std::size_t rows_most = 16;

  /// `before` ends with VALUES, `row` is what stands for one row, `after` is the rest. A row may use the
  /// first parameters by their numbers (?1) for values that all rows share, before it uses one of its own
  /// (?).
  RowsInsert(const SQLite::Database& database, std::string before, std::string row, std::string after = {})
      : database_(database), before_(std::move(before)), row_(std::move(row)), after_(std::move(after)) {}

  /// The highest number of rows for which there is a statement, up to `rows`, which is not 0.
  static std::size_t at_once(std::size_t rows) { return std::bit_floor(std::min(rows, rows_most)); }

  /// Inserts so many rows; `rows` is a value of at_once(). `values` gets a function that it calls with the
  /// shared values and then with the values of each row. Returns the number of inserted rows.
  template <class Values>
  int run(std::size_t rows, Values values) {
    return statement(rows).run_with(std::move(values));
  }

 private:
  Statement& statement(std::size_t rows) {
    auto& statement = statements_[static_cast<std::size_t>(std::countr_zero(rows))];
    if (!statement) {
      std::string sql = before_;
      for (std::size_t i = 0; i < rows; ++i) sql += (i == 0 ? ' ' : ',') + row_;
      statement.emplace(database_, sql + after_);
    }
    return *statement;
  }

  const SQLite::Database& database_;
  std::string before_, row_, after_;
  std::array<std::optional<Statement>, std::bit_width(rows_most)> statements_;
};

}  // namespace dispatch::journal

#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/sqlite/statements/failure.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>

namespace dispatch::journal::reading {

/// Opens an existing journal to read it: query_only, no checkpoints, bounded cache. A missing file is misuse;
/// a journal of another application or a version this program does not read is unavailable, and so is one
/// whose log may lie beside another name, or that a restore is about to replace: it may be out of date. On
/// media that nothing can be written to it is read as it stands, where it has no log beside it.
enum class Purpose {
  use,      ///< of the latest version; errors say how the journal is named
  restore,  ///< older versions too; errors say what can be restored
};
Result<std::shared_ptr<SQLite::Database>> open(const std::string& path, Purpose purpose = Purpose::use);

/// Calls `read` and turns SQLite's exceptions into an Error. `doing` as in "list the events".
template <class Read>
auto guarded(const std::string& path, std::string_view doing, Read&& read) -> std::invoke_result_t<Read> {
  try {
    return std::forward<Read>(read)();
  } catch (const SQLite::Exception& said) {
    return tl::unexpected(sqlite_failure(said, doing, path));
  }
}

/// A column of the current row, counted from 0.
inline std::string text(const Statement::Rows& rows, int column) {
  return std::string{rows.bytes(column)};
}

inline std::optional<std::string> text_if_any(const Statement::Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return text(rows, column);
}

inline std::optional<WallTime> time_if_any(const Statement::Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return from_stored(rows.integer(column));
}

/// The one number that `sql` gives; 0 where it gives none.
inline std::int64_t number_of(SQLite::Database& database, const char* sql) {
  Statement statement{database, sql};
  auto rows = statement.rows();
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace dispatch::journal::reading

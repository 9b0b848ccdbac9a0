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

/// What an existing journal is opened for. It is opened query_only, without checkpoints and with a bounded
/// cache. A missing file is misuse. It is `unavailable` if it is of another application, has a version that
/// this program does not read, may have its log beside another name, or if a restore is about to replace it:
/// it may be out of date then. On a read-only medium, a file without a log is read alone.
enum class Purpose {
  use,      ///< latest version only; errors tell how to name the journal
  copy,     ///< older versions too; errors tell how to name the journal
  restore,  ///< older versions too; errors tell what can be restored
};
Result<std::shared_ptr<SQLite::Database>> open(const std::string& path, Purpose purpose = Purpose::use);

/// Calls `read` and turns SQLite's exceptions into an Error. `doing` completes the message, such as "list the
/// events".
template <class Read>
auto guarded(const std::string& path, std::string_view doing, Read&& read) -> std::invoke_result_t<Read> {
  try {
    return std::forward<Read>(read)();
  } catch (const SQLite::Exception& said) {
    return tl::unexpected(sqlite_failure(said, doing, path));
  }
}

/// Text of a column of the current row, counted from 0.
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

/// The single number that `sql` returns; 0 if it returns no row.
inline std::int64_t number_of(SQLite::Database& database, const char* sql) {
  Statement statement{database, sql};
  auto rows = statement.rows();
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace dispatch::journal::reading

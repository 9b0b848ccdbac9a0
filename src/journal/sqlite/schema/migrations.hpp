#pragma once

#include <cstdint>
#include <span>

namespace dispatch::journal {

/// The SQLite application id of a journal, "DSPT", in the file's header and for file(1).
inline constexpr std::int64_t application_id = 0x44535054;

/// One step of the schema's history: src/journal/sqlite/migrations/NNNN_NAME.sql, embedded when the build is
/// configured.
struct Migration {
  std::int64_t version;  ///< NNNN; the user_version of the journal once it has run
  const char* sql;
};

/// All migrations, oldest first: versions 1, 2, 3 and so on.
std::span<const Migration> migrations();

/// The version that this program reads and writes.
std::int64_t latest_version();

}  // namespace dispatch::journal

#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/database_file.hpp"
#include "journal/sqlite/locks/writer_lock.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// What is to be done about a journal before it is written.
enum class Due {
  nothing,
  preparation,  ///< an empty file, or one without a write-ahead log; several processes may prepare it at once
  migration,    ///< an older version: only while no other process works on it
};

/// Looks at the journal at `path`, open as `database`, and changes nothing. An empty file with
/// `existing_only` is misuse; a file of another application and a journal of a newer version are
/// `unavailable`. Throws what SQLite throws.
Result<Due> find_due(SQLite::Database& database, const std::filesystem::path& path, bool existing_only);

/// Brings the journal to the latest version, with its writer lock held and its `file` claimed under the
/// lock's name. Several processes may do this to one journal at once. A journal of an older version on which
/// another process works, a run or anything else that writes, is `unavailable` and stays as it is: that
/// process would go on in a schema it does not know. Returns the version that was migrated; nothing where
/// there was none. Throws what SQLite throws.
Result<std::optional<std::int64_t>> migrate(SQLite::Database& database, const std::filesystem::path& path,
                                            WriterLock& writer_lock, const DatabaseFile& file);

}  // namespace dispatch::journal

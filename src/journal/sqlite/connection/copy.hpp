#pragma once

#include "base/error.hpp"

#include <filesystem>

namespace SQLite {
class Database;
}

namespace dispatch::journal {

/// Writes a snapshot of `source` into a new single file (no WAL), with mode 0600, and syncs it before
/// returning. The file appears under its name only when it is complete. An existing file is misuse and stays
/// unchanged. Others may write to the source meanwhile. Deleted rows are not copied. Throws SQLite's
/// exceptions.
Result<> write_copy(SQLite::Database& source, const std::filesystem::path& to);

}  // namespace dispatch::journal

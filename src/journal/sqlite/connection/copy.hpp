#pragma once

#include "base/error.hpp"

#include <filesystem>

namespace SQLite {
class Database;
}

namespace dispatch::journal {

/// Writes what `source` holds at one moment into a new file of one piece, without a log beside it: mode 0600,
/// and on the disk when this returns. It appears under its name when it is whole; a file that is there
/// already is misuse and stays. Others may write to the source meanwhile. Deleted rows are not copied. Throws
/// what SQLite throws.
Result<> write_copy(SQLite::Database& source, const std::filesystem::path& to);

}  // namespace dispatch::journal

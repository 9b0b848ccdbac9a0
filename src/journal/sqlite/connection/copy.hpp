#pragma once

#include "base/error.hpp"

#include <filesystem>
#include <stop_token>

namespace SQLite {
class Database;
}

namespace dispatch::journal {

/// Writes a snapshot of `source`, the journal in the file `from`, into the new single file `to` (no WAL),
/// with mode 0600, and syncs it before returning. The file appears under its name only when it is complete.
/// An existing file is misuse and stays unchanged. Others may write to the source meanwhile. Deleted rows are
/// not copied. Returns `interrupted` if a stop is requested before the copy is complete; after that, and
/// after any other error, nothing of the copy is left.
Result<> write_copy(SQLite::Database& source, const std::filesystem::path& from,
                    const std::filesystem::path& to, const std::stop_token& stop);

}  // namespace dispatch::journal

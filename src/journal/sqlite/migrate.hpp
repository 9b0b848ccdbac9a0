#pragma once

#include "base/error.hpp"
#include "journal/sqlite/gate.hpp"

#include <filesystem>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// True where the journal at `path`, open as `database`, is to be migrated; an empty file is, unless
/// `existing_only`, which makes it misuse. A file of another application and a journal of a newer version are
/// `unavailable`. Changes nothing. Throws what SQLite throws.
Result<bool> is_outdated(SQLite::Database& database, const std::filesystem::path& path, bool existing_only);

/// Brings the journal to the latest version, inside its gate. Several processes may do this to one journal at
/// once. Throws what SQLite throws.
Result<> migrate(SQLite::Database& database, const std::filesystem::path& path, Gate& gate);

}  // namespace dispatch::journal

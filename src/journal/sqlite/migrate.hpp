#pragma once

#include "base/error.hpp"

#include <filesystem>

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// Brings the journal at `path`, open as `database`, to the latest version; an empty file becomes a journal,
/// unless `existing_only`. A file of another application and a journal of a newer version are `unavailable`
/// and stay as they are. Several processes may do this to one journal at once. Throws what SQLite throws.
Result<> migrate(SQLite::Database& database, const std::filesystem::path& path, bool existing_only);

}  // namespace dispatch::journal

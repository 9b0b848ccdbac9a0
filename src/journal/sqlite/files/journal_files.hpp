#pragma once

#include <filesystem>
#include <vector>

namespace dispatch::journal {

/// The files that a journal in an SQLite file consists of: the database, its write-ahead log and shared
/// memory, and the lock file. They need not be there.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& journal);

/// False where nothing has that name. True also where that cannot be told, as for a chain of links without an
/// end: what opens the file then says why it cannot.
bool may_be_there(const std::filesystem::path& journal);

}  // namespace dispatch::journal

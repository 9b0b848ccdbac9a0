#pragma once

#include <filesystem>
#include <vector>

namespace dispatch::journal {

/// The files that a journal in an SQLite file consists of: the database, its write-ahead log and shared
/// memory, and the lock file. They need not be there.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& journal);

}  // namespace dispatch::journal

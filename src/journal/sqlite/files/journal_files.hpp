#pragma once

#include <filesystem>
#include <vector>

namespace dispatch::journal {

/// The files of a journal in a SQLite file: the database, its write-ahead log and shared memory, and the lock
/// file. They need not exist.
std::vector<std::filesystem::path> files_of(const std::filesystem::path& journal);

/// False if no file has that name. True also if that is unknown, for example for a cycle of symbolic links;
/// opening the file then reports why it fails.
bool may_be_there(const std::filesystem::path& journal);

}  // namespace dispatch::journal

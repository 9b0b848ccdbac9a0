#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace dispatch::journal {

inline constexpr std::string_view wal_suffix = "-wal";
inline constexpr std::string_view shm_suffix = "-shm";
inline constexpr std::string_view lock_suffix = ".gate";

/// The path of the companion file with that suffix; the file need not exist. If `journal` is reached through
/// symbolic links, the companion lies beside the file they lead to, as in SQLite.
std::filesystem::path companion(const std::filesystem::path& journal, std::string_view suffix);

/// The URI by which SQLite reads the file alone: without its log and locks, and without creating files beside
/// it. Only for a file that nobody writes to.
std::string as_it_stands(const std::filesystem::path& journal);

}  // namespace dispatch::journal

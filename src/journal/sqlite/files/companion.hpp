#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace dispatch::journal {

inline constexpr std::string_view wal_suffix = "-wal";
inline constexpr std::string_view shm_suffix = "-shm";
inline constexpr std::string_view lock_suffix = ".gate";

/// The file of that suffix beside a journal, there or not. A journal that is reached through symbolic links
/// has the files of the file they lead to, as SQLite has it.
std::filesystem::path companion(const std::filesystem::path& journal, std::string_view suffix);

/// The URI by which SQLite reads the file by itself: without its log, locks, or anything made beside it. Only
/// for a file that nobody writes to.
std::string as_it_stands(const std::filesystem::path& journal);

}  // namespace dispatch::journal

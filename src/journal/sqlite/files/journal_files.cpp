#include "journal/sqlite/files/journal_files.hpp"

#include "journal/sqlite/files/companion.hpp"

#include <system_error>

namespace dispatch::journal {

std::vector<std::filesystem::path> files_of(const std::filesystem::path& journal) {
  std::vector<std::filesystem::path> files{journal};
  for (const auto suffix : {wal_suffix, shm_suffix, lock_suffix}) files.push_back(companion(journal, suffix));
  return files;
}

bool may_be_there(const std::filesystem::path& journal) {
  std::error_code unknown;
  return std::filesystem::exists(journal, unknown) || unknown;
}

}  // namespace dispatch::journal

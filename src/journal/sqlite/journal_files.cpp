#include "journal/sqlite/journal_files.hpp"

#include <system_error>

namespace dispatch::journal {

std::vector<std::filesystem::path> files_of(const std::filesystem::path& journal) {
  // SQLite and the lock file stand beside the file that links lead to.
  std::error_code unresolved;
  auto database = std::filesystem::weakly_canonical(journal, unresolved);
  if (unresolved) database = journal;
  std::vector<std::filesystem::path> files{journal};
  for (const char* suffix : {"-wal", "-shm", ".gate"}) {
    files.push_back(database);
    files.back() += suffix;
  }
  return files;
}

}  // namespace dispatch::journal

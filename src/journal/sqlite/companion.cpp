#include "journal/sqlite/companion.hpp"

#include <system_error>

namespace dispatch::journal {

std::filesystem::path companion(const std::filesystem::path& journal, std::string_view suffix) {
  std::error_code unresolved;
  std::filesystem::path path = std::filesystem::weakly_canonical(journal, unresolved);
  if (unresolved) path = journal;
  path += suffix;
  return path;
}

}  // namespace dispatch::journal

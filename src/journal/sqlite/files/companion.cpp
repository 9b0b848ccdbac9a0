#include "journal/sqlite/files/companion.hpp"

#include <system_error>

#include <fmt/format.h>

namespace dispatch::journal {

std::filesystem::path companion(const std::filesystem::path& journal, std::string_view suffix) {
  std::error_code unresolved;
  std::filesystem::path path = std::filesystem::weakly_canonical(journal, unresolved);
  if (unresolved) path = journal;
  path += suffix;
  return path;
}

std::string as_it_stands(const std::filesystem::path& journal) {
  std::string uri = "file:";
  for (const char c : journal.string()) {
    if (c == '?' || c == '#' || c == '%')
      uri += fmt::format("%{:02x}", static_cast<unsigned char>(c));
    else
      uri += c;
  }
  return uri + "?immutable=1";
}

}  // namespace dispatch::journal

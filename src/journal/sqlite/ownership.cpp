#include "journal/sqlite/ownership.hpp"

namespace dispatch::journal {

Result<std::optional<Ownership>> Ownership::try_take(const std::filesystem::path& journal) {
  auto file = LockFile::open(journal);
  if (!file) return tl::unexpected(std::move(file).error());
  const auto taken = file->try_lock(LockFile::Byte::owner);
  if (!taken) return tl::unexpected(taken.error());
  if (!*taken) return std::nullopt;
  DISPATCH_TRY(file->check_in_place());
  return Ownership{std::move(*file)};
}

Result<bool> Ownership::is_taken(const std::filesystem::path& journal) {
  return LockFile::is_locked(journal, LockFile::Byte::owner);
}

}  // namespace dispatch::journal

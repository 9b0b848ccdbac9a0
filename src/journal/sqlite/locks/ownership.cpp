#include "journal/sqlite/locks/ownership.hpp"

namespace dispatch::journal {

Result<std::optional<Ownership>> Ownership::try_take(const std::filesystem::path& journal) {
  DISPATCH_ASSIGN(auto file, LockFile::open(journal));
  return try_take(std::move(file));
}

Result<std::optional<Ownership>> Ownership::try_take(LockFile file) {
  DISPATCH_ASSIGN(const auto taken, file.try_lock(LockFile::Byte::owner));
  if (!taken) return std::nullopt;
  DISPATCH_TRY(file.check_in_place());
  file.write_pid();
  return Ownership{std::move(file)};
}

std::optional<std::int64_t> Ownership::owner_pid(const std::filesystem::path& journal) {
  const auto taken = is_taken(journal);
  if (!taken || !*taken) return std::nullopt;
  return LockFile::read_pid(journal);
}

Result<bool> Ownership::is_taken(const std::filesystem::path& journal) {
  return LockFile::is_locked(journal, LockFile::Byte::owner);
}

}  // namespace dispatch::journal

#include "journal/sqlite/files/journal_name.hpp"

#include "journal/sqlite/files/companion.hpp"

namespace dispatch::journal {

Result<> check_has_one_name(const std::filesystem::path& path, const DatabaseFile& file) {
  DISPATCH_ASSIGN(const auto status, file.status());
  if (status.st_nlink > 1)
    return unavailable(
        "journal {} has {} names (hard links), each with a lock of its own; keep one name: copy the journal "
        "with 'dispatch backup', or remove the other names",
        path.string(), status.st_nlink);
  if (file.is_mount_point())
    return unavailable(
        "journal {} is mounted as a single file, so that its write-ahead log and its lock lie elsewhere; "
        "mount "
        "its directory instead",
        path.string());
  return {};
}

Result<> check_log_is_here(const std::filesystem::path& path, const DatabaseFile& file) {
  DISPATCH_ASSIGN(const auto use, file.use_of_name(FileIdentity::of(companion(path, lock_suffix))));
  if (use == DatabaseFile::Use::this_name) return {};
  if (use == DatabaseFile::Use::another_name) {
    DISPATCH_TRY(check_has_one_name(path, file));  // says more
    return in_use_under_another_name(path);
  }
  DISPATCH_ASSIGN(const auto without_log, file.is_without_log());
  return without_log ? Result<>{} : check_has_one_name(path, file);
}

}  // namespace dispatch::journal

#include "journal/sqlite/files_in_place.hpp"

#include "journal/sqlite/companion.hpp"

#include <utility>

namespace dispatch::journal {

Error moved_away(const std::filesystem::path& file, const std::filesystem::path& journal) {
  const bool replaced = FileIdentity::of(file).has_value();
  return Error{
      Failure::unavailable,
      fmt::format("{} was {} while journal {} was in use; this process stops, and leaves alone what is "
                  "there now; end whatever else uses the journal, then see REMOVED OR REPLACED FILES in "
                  "dispatch-operating(7)",
                  file.string(), replaced ? "replaced by another file" : "removed", journal.string())};
}

Result<> check_in_place(const std::filesystem::path& file, const FileIdentity& opened,
                        const std::filesystem::path& journal) {
  if (FileIdentity::of(file) == opened) return {};
  return tl::unexpected(moved_away(file, journal));
}

Result<FilesInPlace> FilesInPlace::note(const std::filesystem::path& journal, const FileIdentity& database) {
  FilesInPlace files{journal};
  files.files_.push_back({journal, database});
  for (const auto suffix : {wal_suffix, shm_suffix}) {
    auto path = companion(journal, suffix);
    const auto identity = FileIdentity::of(path);
    if (!identity) return tl::unexpected(moved_away(path, journal));
    files.files_.push_back({std::move(path), *identity});
  }
  DISPATCH_TRY(files.check());
  return files;
}

Result<> FilesInPlace::check() const {
  for (const auto& file : files_) DISPATCH_TRY(check_in_place(file.path, file.identity, journal_));
  return {};
}

}  // namespace dispatch::journal

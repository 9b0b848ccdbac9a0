#include "journal/sqlite/files/files_in_place.hpp"

#include "journal/sqlite/files/companion.hpp"

#include <utility>

namespace dispatch::journal {

namespace {

Error cut_off(const std::filesystem::path& journal, off_t had, off_t has) {
  return Error{
      Failure::unavailable,
      fmt::format(
          "journal {} was cut off from {} bytes to {} while it was in use; this process stops, and leaves "
          "alone "
          "what is there now; end whatever else uses the journal, then see REMOVED OR REPLACED FILES in "
          "dispatch-operating(7)",
          journal.string(), had, has)};
}

}  // namespace

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

Result<> FilesInPlace::check() {
  for (const auto& file : files_) {
    struct stat status {};
    if (::stat(file.path.c_str(), &status) != 0 || FileIdentity::of(status) != file.identity)
      return tl::unexpected(moved_away(file.path, journal_));
    if (&file != &files_.front()) continue;
    if (status.st_size < database_bytes_)
      return tl::unexpected(cut_off(file.path, database_bytes_, status.st_size));
    database_bytes_ = status.st_size;
  }
  return {};
}

}  // namespace dispatch::journal

#include "journal/sqlite/files/replacement.hpp"

#include "base/system/fd.hpp"
#include "journal/sqlite/files/companion.hpp"
#include "journal/sqlite/files/file_identity.hpp"

#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace dispatch::journal {

namespace {

namespace fs = std::filesystem;

fs::path with(const fs::path& path, std::string_view suffix) {
  return path.string() + std::string{suffix};
}

bool has_two_names(const fs::path& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && status.st_nlink > 1;
}

/// True where both names lead to one file.
bool is_one_file(const fs::path& one, const fs::path& other) {
  const auto identity = FileIdentity::of(one);
  return identity && identity == FileIdentity::of(other);
}

/// The names by which something of `place` is kept that still stands in its place.
Result<std::vector<fs::path>> half_kept(const fs::path& place) {
  std::vector<fs::path> kept;
  if (!has_two_names(place) && !has_two_names(with(place, wal_suffix))) return kept;
  const auto begin = place.filename().string() + std::string{replaced_infix};
  const auto directory = place.parent_path();
  std::error_code unread;
  fs::directory_iterator entries{directory.empty() ? "." : directory, unread};
  for (; !unread && entries != fs::directory_iterator{}; entries.increment(unread)) {
    auto name = entries->path().filename().string();
    if (!name.starts_with(begin)) continue;
    const bool is_log = name.ends_with(wal_suffix);
    if (is_log) name.resize(name.size() - wal_suffix.size());
    auto base = directory / name;
    if (is_log ? is_one_file(with(base, wal_suffix), with(place, wal_suffix)) : is_one_file(base, place))
      kept.push_back(std::move(base));
  }
  if (unread) return fail("cannot list directory {}: {}", directory.string(), unread.message());
  return kept;
}

Result<> sync_directory_of(const fs::path& file) {
  const auto directory = file.parent_path();
  const Fd opened{::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (opened && ::fsync(opened.get()) == 0) return {};
  return fail("cannot sync directory {}: {}", directory.string(), errno_text(errno));
}

Result<> remove_name(const fs::path& file) {
  if (::unlink(file.c_str()) == 0 || errno == ENOENT) return {};
  return fail("cannot remove {}: {}", file.string(), errno_text(errno));
}

/// False where there is no such file.
Result<bool> add_name(const fs::path& file, const fs::path& name) {
  if (::link(file.c_str(), name.c_str()) == 0) return true;
  if (errno == ENOENT) return false;
  return fail("cannot keep {} as {}: {}", file.string(), name.string(), errno_text(errno));
}

/// The database first: a log without one is never taken for a journal.
Result<> take_back_names(const fs::path& kept) {
  DISPATCH_TRY(remove_name(kept));
  return remove_name(with(kept, wal_suffix));
}

/// Step 1. True where there is a database.
Result<bool> keep(const fs::path& place, const fs::path& kept) {
  const auto log = add_name(with(place, wal_suffix), with(kept, wal_suffix));
  if (!log) return log;
  const auto database = add_name(place, kept);
  if (!database) return database;
  DISPATCH_TRY(sync_directory_of(place));
  return database;
}

/// Step 2.
Result<> put_in_place(const fs::path& place) {
  const auto restoring = with(place, restoring_suffix);
  if (::rename(restoring.c_str(), place.c_str()) == 0) return {};
  return fail("cannot rename {} to {}: {}", restoring.string(), place.string(), errno_text(errno));
}

/// Step 3.
Result<> drop_log(const fs::path& place) {
  DISPATCH_TRY(sync_directory_of(place));
  DISPATCH_TRY(remove_name(with(place, wal_suffix)));
  DISPATCH_TRY(remove_name(with(place, shm_suffix)));
  return sync_directory_of(place);
}

}  // namespace

Result<> check_not_half_replaced(const fs::path& journal) {
  const auto place = companion(journal, {});
  const auto restoring = with(place, restoring_suffix);
  std::error_code unseen;
  if (!fs::exists(place, unseen) && fs::exists(restoring, unseen))
    return unavailable(
        "journal {0} is missing, and an interrupted restore left {1} beside it; restore again: dispatch "
        "restore --journal {0} FILE; or, to begin a new journal, remove "
        "{1}",
        journal.string(), restoring.string());
  DISPATCH_ASSIGN(const auto kept, half_kept(place));
  if (kept.empty()) return {};
  return unavailable(
      "a restore of journal {0} is under way or was interrupted: {1} is not yet a file of its own; where "
      "none "
      "is under way, restore again: dispatch restore --journal {0} FILE; see RESTORE in "
      "dispatch-operating(7)",
      journal.string(), kept.front().string());
}

Result<> settle_interrupted_replacement(const fs::path& journal) {
  const auto place = companion(journal, {});
  DISPATCH_ASSIGN(const auto half, half_kept(place));
  for (const auto& kept : half) {
    std::error_code unseen;
    if (fs::exists(kept, unseen) && !is_one_file(kept, place))
      DISPATCH_TRY(drop_log(place));  // it is another database that is in place
    else
      DISPATCH_TRY(take_back_names(kept));
  }
  return half.empty() ? Result<>{} : sync_directory_of(place);
}

Result<std::optional<fs::path>> replace_journal(const fs::path& journal, const fs::path& kept) {
  const auto place = companion(journal, {});
  std::error_code unseen;
  for (const auto suffix : {std::string_view{}, wal_suffix, shm_suffix}) {
    if (fs::exists(with(kept, suffix), unseen))
      return fail("{} is there already; restore again in a second", with(kept, suffix).string());
  }
  const auto is_kept = keep(place, kept);
  auto placed = is_kept ? put_in_place(place) : tl::unexpected(is_kept.error());
  if (!placed) {
    DISPATCH_TRY(take_back_names(kept));
    return tl::unexpected(std::move(placed).error());
  }
  DISPATCH_TRY(drop_log(place));
  return *is_kept ? std::optional{kept} : std::nullopt;
}

}  // namespace dispatch::journal

#include "journal/sqlite/backup/backup.hpp"

#include "base/text/units.hpp"
#include "journal/sqlite/connection/copy.hpp"
#include "journal/sqlite/files/companion.hpp"
#include "journal/sqlite/files/database_file.hpp"
#include "journal/sqlite/files/journal_files.hpp"
#include "journal/sqlite/files/replacement.hpp"
#include "journal/sqlite/locks/lock_file.hpp"
#include "journal/sqlite/locks/lock_holder.hpp"
#include "journal/sqlite/reader/reading.hpp"

#include <chrono>
#include <fstream>
#include <string_view>
#include <system_error>

namespace dispatch::journal {

namespace {

Result<Backup> copy(SQLite::Database& source, const std::string& name, const std::filesystem::path& to,
                    const std::stop_token& stop) {
  DISPATCH_TRY(write_copy(source, name, to, stop));
  return reading::guarded(to.string(), "read the copy", [&]() -> Result<Backup> {
    Backup backup;
    SQLite::Database made{to.string(), SQLite::OPEN_READONLY};
    backup.events = made.execAndGet("SELECT count(*) FROM events").getInt64();
    std::error_code unseen;
    backup.bytes = std::filesystem::file_size(to, unseen);
    if (unseen) return fail("cannot look at the copy {}: {}", to.string(), unseen.message());
    return backup;
  });
}

tl::unexpected<Error> in_use(const std::string& journal, std::optional<std::int64_t> by = std::nullopt) {
  return unavailable(
      "journal {} is in use{}, and cannot be replaced; end what uses it (see: {}) and restore again", journal,
      by ? fmt::format(" by process {}", *by) : std::string{},
      by ? fmt::format("ps -fp {}", *by) : std::string{"dispatch status"});
}

/// A journal that nobody writes to, and nobody may begin to while this lives.
struct Closed {
  LockFile locks;
  std::optional<DatabaseFile> database;  ///< of the journal that is there
};

Result<Closed> close_to_others(const std::string& journal) {
  DISPATCH_ASSIGN(auto locks, LockFile::open(journal));
  // Others hold the first one only for the moment in which they open the journal.
  DISPATCH_ASSIGN(const bool none_opens, locks.lock_within(LockFile::Byte::opening, std::chrono::seconds{1}));
  if (!none_opens) return in_use(journal, holder_of(locks.identity(), LockFile::Byte::opening));
  for (const auto byte : {LockFile::Byte::owner, LockFile::Byte::writer_lock}) {
    DISPATCH_ASSIGN(const auto mine, locks.try_lock(byte));
    if (!mine) return in_use(journal, holder_of(locks.identity(), byte));
  }
  DISPATCH_TRY(locks.check_in_place());
  locks.write_pid();
  Closed closed{std::move(locks), std::nullopt};
  if (!may_be_there(journal)) return closed;
  DISPATCH_ASSIGN(auto database, DatabaseFile::open(journal));
  if (database.is_in_use()) return in_use(journal);
  closed.database.emplace(std::move(database));
  return closed;
}

/// A backup under such a name would be taken for a part of the journal.
Result<> check_name_is_free(const std::filesystem::path& to, const std::string& journal) {
  if (to.empty()) return misuse("the name of the file to write is empty; name a file");
  const auto place = companion(to, {});
  for (const auto suffix :
       {wal_suffix, shm_suffix, std::string_view{"-journal"}, lock_suffix, restoring_suffix})
    if (place == companion(journal, suffix))
      return misuse("{} is a name that belongs to the journal; name another file", to.string());
  return {};
}

/// What reading::open would say of a journal that --journal names.
Result<> check_restorable(const std::filesystem::path& from) {
  constexpr const char* advice = "name a file that 'dispatch backup' made, or another journal";
  std::error_code unknown;
  const auto status = std::filesystem::status(from, unknown);
  if (status.type() == std::filesystem::file_type::not_found)
    return misuse("there is no file {} to restore; {}", from.string(), advice);
  if (unknown) return fail("cannot look at {}: {}", from.string(), unknown.message());
  if (!std::filesystem::is_regular_file(status))
    return unavailable("{} is not a regular file; {}", from.string(), advice);
  constexpr std::string_view magic{"SQLite format 3\0", 16};
  std::string first(magic.size(), ' ');
  std::ifstream file{from, std::ios::binary};
  file.read(first.data(), static_cast<std::streamsize>(first.size()));
  if (file.bad() || file.gcount() == 0) return {};  // empty or cannot be read: reading::open says it
  if (first != magic) return unavailable("{} is not a journal of dispatch; {}", from.string(), advice);
  return {};
}

/// "20261129T184500Z"
std::string stamp(WallTime now) {
  std::string text;
  for (const char c : format_time(now).substr(0, 19))
    if (c != '-' && c != ':') text += c;
  return text + "Z";
}

}  // namespace

Result<Backup> back_up(const std::string& journal, const std::filesystem::path& to,
                       const std::stop_token& stop) {
  DISPATCH_TRY(check_name_is_free(to, journal));
  DISPATCH_ASSIGN(auto source, reading::open(journal, reading::Purpose::copy));
  return copy(*source, journal, to, stop);
}

Result<Restored> restore(const std::filesystem::path& from, const std::string& journal, WallTime now,
                         const std::stop_token& stop) {
  std::error_code unresolved;
  if (std::filesystem::equivalent(from, journal, unresolved))
    return misuse("{} is the journal itself; name the backup to restore", from.string());
  const auto restoring = companion(journal, restoring_suffix);
  if (std::filesystem::equivalent(from, restoring, unresolved))
    return misuse(
        "{0} was left by an interrupted restore and would be overwritten; rename it first: mv {0} FILE",
        from.string());
  DISPATCH_TRY(check_restorable(from));
  if (std::filesystem::is_symlink(journal, unresolved) && !may_be_there(journal))
    return misuse("journal {0} is a symbolic link to a file that does not exist; remove it: rm {0}", journal);
  DISPATCH_ASSIGN(const auto source, reading::open(from.string(), reading::Purpose::restore));
  DISPATCH_ASSIGN(const auto closed, close_to_others(journal));

  // All that can fail for want of room comes before anything is moved.
  const auto place = companion(journal, {});
  std::error_code stays;
  std::filesystem::remove(restoring, stays);  // of a restore that was killed
  if (stays) return fail("cannot remove {}: {}; remove it", restoring.string(), stays.message());
  DISPATCH_ASSIGN(const auto backup, copy(*source, from.string(), restoring, stop));
  DISPATCH_TRY(settle_interrupted_replacement(journal));
  auto replaced = replace_journal(journal, place.string() + std::string{replaced_infix} + stamp(now));
  if (!replaced) return tl::unexpected(std::move(replaced).error());
  return Restored{backup, std::move(*replaced)};
}

}  // namespace dispatch::journal

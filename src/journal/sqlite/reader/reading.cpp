#include "journal/sqlite/reader/reading.hpp"

#include "base/system/fd.hpp"
#include "journal/sqlite/files/companion.hpp"
#include "journal/sqlite/files/database_file.hpp"
#include "journal/sqlite/files/files_in_place.hpp"
#include "journal/sqlite/files/journal_name.hpp"
#include "journal/sqlite/files/replacement.hpp"
#include "journal/sqlite/locks/lock_file.hpp"
#include "journal/sqlite/schema/identity.hpp"
#include "journal/sqlite/schema/migrations.hpp"
#include "journal/sqlite/wal/stale_log.hpp"

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <system_error>
#include <thread>

#include <sqlite3.h>
#include <unistd.h>

namespace dispatch::journal::reading {

namespace {

constexpr int busy_timeout = 5000;  // milliseconds

/// The last steps of a restore, between which the journal cannot be read, take some milliseconds.
Result<> wait_until_replaced(const std::string& path) {
  constexpr std::chrono::milliseconds pause{10};
  constexpr int tries = 500;
  auto replaced = check_not_half_replaced(path);
  for (int i = 0; i < tries && !replaced; ++i) {
    const auto restores = LockFile::is_locked(path, LockFile::Byte::opening);
    if (!restores || !*restores) return check_not_half_replaced(path);  // it may have ended just now
    std::this_thread::sleep_for(pause);
    replaced = check_not_half_replaced(path);
  }
  return replaced;
}

// SQLite itself says no more than that it is unable to open the file.
Result<> check_file(const std::string& path) {
  if (::access(path.c_str(), F_OK) != 0) {
    if (errno == ENOENT) {
      return misuse(
          "there is no journal {}: name the journal with --journal FILE, or make one with: dispatch run FILE",
          path);
    }
    return fail("cannot look at the journal {}: {}", path, errno_text(errno));
  }
  if (::access(path.c_str(), R_OK) != 0) {
    return fail("cannot read the journal {}: {}; run as the user who owns it", path, errno_text(errno));
  }
  return {};
}

Result<> check_header(const std::string& path, SQLite::Database& database, Purpose purpose) {
  const auto [application, version, empty] = identify(database);
  const bool restoring = purpose == Purpose::restore;
  if (empty && restoring)
    return misuse("{} is empty; name a file that 'dispatch backup' made, or another journal", path);
  if (empty)
    return misuse("there is no journal in {}, the file is empty; make one with: dispatch run FILE", path);
  if (application != application_id) {
    return unavailable("{} is not a journal of dispatch: its application_id is {:#x}; {}", path, application,
                       restoring ? "name a file that 'dispatch backup' made, or another journal"
                                 : "name another file with --journal");
  }
  if (version > latest_version()) {
    return unavailable(
        "the journal {} was written by a newer dispatch: it has version {} and this program reads up to {}; "
        "use the "
        "newer program",
        path, version, latest_version());
  }
  if (version < latest_version() && purpose == Purpose::use) {
    return unavailable(
        "the journal {0} has version {1} and this program reads version {2}; migrate it with: dispatch store "
        "migrate --journal {0}; to keep a copy of it first: dispatch backup --journal {0} FILE",
        path, version, latest_version());
  }
  return {};
}

/// True where SQLite can make no index of a log beside the file, and needs none: there is no log.
bool can_only_be_read(const std::string& path, const DatabaseFile& file) {
  const auto log = companion(path, wal_suffix);
  std::error_code none;
  const bool logged = std::filesystem::file_size(log, none) > 0 && !none;
  const auto directory = log.parent_path();
  return !logged && ::access(directory.empty() ? "." : directory.c_str(), W_OK) != 0 && !file.is_in_use();
}

SQLite::Database connect(const std::string& path, const DatabaseFile& file) {
  if (can_only_be_read(path, file))
    return SQLite::Database{as_it_stands(path), SQLite::OPEN_READONLY | SQLite::OPEN_URI, busy_timeout};
  return SQLite::Database{path, SQLite::OPEN_READONLY, busy_timeout};
}

/// A connection, and the file that must not be closed before it.
struct Opened {
  Opened(DatabaseFile opened, const std::string& path)
      : file{std::move(opened)}, database{connect(path, file)} {}

  DatabaseFile file;
  SQLite::Database database;
};

}  // namespace

Result<std::shared_ptr<SQLite::Database>> open(const std::string& path, Purpose purpose) {
  DISPATCH_TRY(wait_until_replaced(path));
  DISPATCH_TRY(check_file(path));
  DISPATCH_ASSIGN(auto file, DatabaseFile::open(path));
  DISPATCH_TRY(check_log_is_here(path, file));
  DISPATCH_TRY(check_log_belongs(path, file));
  return guarded(path, "read the header of", [&]() -> Result<std::shared_ptr<SQLite::Database>> {
    const auto opened = std::make_shared<Opened>(std::move(file), path);
    SQLite::Database& database = opened->database;
    sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    database.exec("PRAGMA query_only = 1; PRAGMA cache_size = -16384 /* KiB */;");
    DISPATCH_TRY(check_header(path, database, purpose));
    // A restore may have replaced the database before SQLite had it open, and removed the log.
    DISPATCH_TRY(check_in_place(path, opened->file.identity(), path));
    return std::shared_ptr<SQLite::Database>{opened, &database};
  });
}

}  // namespace dispatch::journal::reading

#include "journal/sqlite/connection/copy.hpp"

#include "base/text/units.hpp"
#include "journal/sqlite/files/partial_file.hpp"
#include "journal/sqlite/statements/failure.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <cerrno>
#include <cstdint>
#include <string>

#include <SQLiteCpp/Database.h>
#include <SQLiteCpp/Exception.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

namespace dispatch::journal {

namespace {

namespace fs = std::filesystem;

/// While it lives, statements of the database end with SQLITE_INTERRUPT when a stop is requested.
class StopsStatements {
 public:
  StopsStatements(SQLite::Database& database, const std::stop_token& stop)
      : database_(database), stop_(stop) {
    constexpr int instructions = 50;  // some rows, of which each may have a megabyte
    sqlite3_progress_handler(
        database.getHandle(), instructions,
        [](void* self) { return static_cast<StopsStatements*>(self)->stop_.stop_requested() ? 1 : 0; }, this);
  }
  ~StopsStatements() { sqlite3_progress_handler(database_.getHandle(), 0, nullptr, nullptr); }
  StopsStatements(const StopsStatements&) = delete;
  StopsStatements& operator=(const StopsStatements&) = delete;

 private:
  SQLite::Database& database_;
  const std::stop_token& stop_;
};

tl::unexpected<Error> stopped(const fs::path& from) {
  return interrupted("interrupted while {} was copied; nothing was changed", from.string());
}

std::string free_text(const fs::path& file) {
  const auto directory = file.has_parent_path() ? file.parent_path() : fs::path{"."};
  struct statvfs system {};
  if (::statvfs(directory.c_str(), &system) != 0) return {};
  return fmt::format(", {} are free there", format_size(std::uint64_t{system.f_bavail} * system.f_frsize));
}

/// Of the errors of a copy only those of reading are of the journal that is copied.
Error copy_failure(const SQLite::Exception& said, SQLite::Database& source, const fs::path& from,
                   const fs::path& to) {
  const auto cannot_write = [&](std::string_view why) {
    return Error{Failure::failed, fmt::format("cannot write the copy of {} to {}: {}; nothing was changed",
                                              from.string(), to.string(), why)};
  };
  switch (said.getErrorCode() & 0xff) {
    case SQLITE_INTERRUPT:
      return stopped(from).value();
    case SQLITE_FULL:
      return cannot_write(
          fmt::format("the disk is full{}; free some space or name another place", free_text(to)));
    case SQLITE_IOERR:
      break;
    default:
      return sqlite_failure(said, "copy", from);
  }
  switch (said.getExtendedErrorCode()) {
    case SQLITE_IOERR_WRITE:
    case SQLITE_IOERR_FSYNC:
    case SQLITE_IOERR_DIR_FSYNC:
    case SQLITE_IOERR_TRUNCATE:
      return cannot_write(write_failure(sqlite3_system_errno(source.getHandle())));
    default:
      return sqlite_failure(said, "copy", from);
  }
}

}  // namespace

Result<> write_copy(SQLite::Database& source, const fs::path& from, const fs::path& to,
                    const std::stop_token& stop) {
  struct stat there {};
  if (::lstat(to.c_str(), &there) == 0)
    return misuse("{} exists and is not overwritten; name another file", to.string());
  DISPATCH_ASSIGN(auto partial, PartialFile::make(to));
  try {
    const StopsStatements stops{source, stop};
    sqlite3_extended_result_codes(source.getHandle(), 1);  // they tell reading from writing
    source.exec("PRAGMA query_only = 0");                  // it forbids to write the copy as well
    Statement{source, "VACUUM INTO ?"}.run(std::string_view{partial.path()});
  } catch (const SQLite::Exception& said) {
    return tl::unexpected(copy_failure(said, source, from, to));
  }
  if (stop.stop_requested()) return stopped(from);
  return partial.become(to);
}

}  // namespace dispatch::journal

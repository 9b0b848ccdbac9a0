#include "journal/sqlite/statements/failure.hpp"

#include "base/system/fd.hpp"
#include "base/text/units.hpp"

#include <cerrno>

#include <sqlite3.h>
#include <sys/resource.h>

namespace dispatch::journal {

namespace {

/// Empty where the process has no such limit.
std::string file_size_limit() {
  struct rlimit limit {};
  if (::getrlimit(RLIMIT_FSIZE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return {};
  return format_size(limit.rlim_cur);
}

}  // namespace

std::string write_failure(int error) {
  if (error == 0) return "writing failed";
  if (error != EFBIG) return errno_text(error);
  const auto limit = file_size_limit();
  if (limit.empty()) return "a file has the greatest size that its file system allows";
  return fmt::format("a file would exceed the size that this process may write, {} (ulimit -f)", limit);
}

Error sqlite_failure(const SQLite::Exception& said, std::string_view doing,
                     const std::filesystem::path& journal, int system_error) {
  const auto error = [&](Failure kind, std::string_view why, std::string_view next) {
    return Error{kind, fmt::format("cannot {} journal {}: {} ({}); {}", doing, journal.string(), why,
                                   said.what(), next)};
  };
  const auto see_what_is_wrong =
      fmt::format("see what is wrong with: dispatch verify --journal {}", journal.string());
  // Only a writer can undo a change that was broken off, and before there is a WAL a reader has to wait for
  // it.
  if (said.getExtendedErrorCode() == SQLITE_READONLY_ROLLBACK) {
    return error(Failure::unavailable, "the process that was making it was ended in the middle",
                 fmt::format("have it finished with: dispatch run --journal {}", journal.string()));
  }
  switch (said.getErrorCode() & 0xff) {
    case SQLITE_FULL:
      return error(Failure::failed, "the disk is full",
                   "free some space and run again, nothing that was accepted is lost");
    case SQLITE_IOERR:
      if (system_error == EFBIG)
        return error(Failure::failed, write_failure(system_error),
                     "raise the limit and run again, nothing that was accepted is lost");
      return error(Failure::failed, "reading or writing failed",
                   "check the disk and run again, nothing that was accepted is lost");
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return error(Failure::failed, "it may not be written", "check who owns the file and its directory");
    case SQLITE_CANTOPEN:
      return error(Failure::failed, "it cannot be opened", "check the path and who may read and write it");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return error(Failure::unavailable, "another program holds it locked",
                   "end that program's transaction and run again");
    case SQLITE_NOTADB:
      return error(Failure::unavailable, "it is not a journal of dispatch",
                   "name another file with --journal");
    case SQLITE_CORRUPT:
      return error(Failure::failed, "it is damaged", see_what_is_wrong);
    default:
      return error(Failure::failed, "SQLite refused", see_what_is_wrong);
  }
}

}  // namespace dispatch::journal

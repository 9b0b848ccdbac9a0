#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/file_identity.hpp"

#include <filesystem>
#include <vector>

namespace dispatch::journal {

/// The error for a file that is not where it was opened any more; `journal` is what it belongs to.
Error moved_away(const std::filesystem::path& file, const std::filesystem::path& journal);

/// An error where `file` does not lead to the file of that identity any more.
Result<> check_in_place(const std::filesystem::path& file, const FileIdentity& opened,
                        const std::filesystem::path& journal);

/// The files of a journal as they were when SQLite had opened them: the database, its write-ahead log and the
/// log's index. SQLite goes on with a file that was removed or replaced, and what it commits there is gone
/// with the process. It goes on with a database that was cut off as well, and leaves it damaged.
class FilesInPlace {
 public:
  /// `database`: of the file that was opened as `journal`. An error where one of them is not there.
  static Result<FilesInPlace> note(const std::filesystem::path& journal, const FileIdentity& database);

  /// `unavailable` where one of them was removed, another has taken its place, or the database is shorter
  /// than it was at an earlier check: a journal only grows.
  Result<> check();

 private:
  struct Opened {
    std::filesystem::path path;
    FileIdentity identity;
  };

  explicit FilesInPlace(std::filesystem::path journal) : journal_(std::move(journal)) {}

  std::filesystem::path journal_;
  std::vector<Opened> files_;
  off_t database_bytes_ = 0;
};

}  // namespace dispatch::journal

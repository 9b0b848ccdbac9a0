#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/file_identity.hpp"

#include <filesystem>
#include <vector>

namespace dispatch::journal {

/// The error for a file that has been moved since it was opened. `journal` is the journal it belongs to.
Error moved_away(const std::filesystem::path& file, const std::filesystem::path& journal);

/// Returns an error if `file` no longer leads to the file with that identity.
Result<> check_in_place(const std::filesystem::path& file, const FileIdentity& opened,
                        const std::filesystem::path& journal);

/// The files of a journal as they were when SQLite opened them: the database, its write-ahead log and the
/// log's index. SQLite continues to use a file that was removed or replaced, and everything it then commits
/// is lost when the process ends. It also continues with a truncated database, and leaves it damaged.
class FilesInPlace {
 public:
  /// `database` is the identity of the file that was opened as `journal`. Returns an error if one of the
  /// files is missing.
  static Result<FilesInPlace> note(const std::filesystem::path& journal, const FileIdentity& database);

  /// Returns `unavailable` if a file was removed or replaced, or if the database is shorter than at an
  /// earlier check: a journal only grows.
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

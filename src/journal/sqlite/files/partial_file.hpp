#pragma once

#include "base/error.hpp"
#include "base/system/fd.hpp"

#include <filesystem>
#include <string>
#include <utility>

namespace dispatch::journal {

/// A new file of mode 0600 that gets its name only when it is complete. Until then it lies beside that name,
/// as NAME.dispatch-partial-XXXXXX, and is removed with the object, together with SQLite's rollback journal
/// of it. A file that a killed process has left is removed by the next one that makes a partial file in the
/// same directory: a living process holds a lock on its own.
class PartialFile {
 public:
  /// Makes the file for `to`, which must not exist.
  static Result<PartialFile> make(const std::filesystem::path& to);

  PartialFile(PartialFile&& other) noexcept
      : path_(std::exchange(other.path_, {})), file_(std::move(other.file_)) {}
  PartialFile& operator=(PartialFile&&) = delete;
  ~PartialFile();

  const std::string& path() const { return path_; }

  /// Syncs the file, gives it the name `to`, and syncs the directory. An existing file is misuse and stays.
  Result<> become(const std::filesystem::path& to);

 private:
  PartialFile(std::string path, Fd file) : path_(std::move(path)), file_(std::move(file)) {}

  std::string path_;
  Fd file_;  ///< has the lock; closed only after SQLite has closed the file
};

}  // namespace dispatch::journal

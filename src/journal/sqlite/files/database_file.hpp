#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/file_identity.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace dispatch::journal {

/// The error for a journal that a process uses under another name than `path`.
tl::unexpected<Error> in_use_under_another_name(const std::filesystem::path& path);

/// The database file of a journal, open beside SQLite's own descriptors of it: tells which file a name led
/// to, and locks the file itself, whatever its name.
///
/// A process that closes any descriptor of a file loses all record locks that it has on the file, SQLite's
/// too (fcntl(2)). So all objects of a process that have one file open share one descriptor, which is closed
/// with the last of them. Make an object before the SQLite connection to the file, and destroy it after.
/// Objects may be used by different threads.
class DatabaseFile {
 public:
  /// Opens an existing file. What is not a regular file is an error.
  static Result<DatabaseFile> open(const std::filesystem::path& path);

  DatabaseFile(DatabaseFile&& other) noexcept;
  DatabaseFile& operator=(DatabaseFile&& other) noexcept;
  ~DatabaseFile();

  FileIdentity identity() const { return identity_; }
  /// The file as it is now: owner, mode, links.
  Result<struct stat> status() const;
  /// True where the file is mounted by itself, as containers do with single files. False too where the kernel
  /// does not say (before Linux 5.8).
  bool is_mount_point() const;
  /// Changes the mode of the file.
  Result<> set_mode(mode_t mode) const;

  /// At most `count` bytes from `at`; fewer where the file ends before.
  Result<std::string> read(off_t at, std::size_t count) const;

  /// True where the file is empty, or its header says that it has no write-ahead log: it was written whole,
  /// as 'dispatch backup' does, and no run has had it since.
  Result<bool> is_without_log() const;

  /// True where a process that writes has the journal open, under whatever name; this one included.
  bool is_in_use() const;
  /// Who has the journal open to write.
  enum class Use {
    none,          ///< nobody
    this_name,     ///< processes that use it under the name that was asked for
    another_name,  ///< a process that uses it under another name
  };
  /// Tells who has the journal open to write, as seen from the name whose lock file is `lock_file`; none
  /// where that name has no lock file.
  Result<Use> use_of_name(const std::optional<FileIdentity>& lock_file) const;
  /// Says that this process uses the journal under the name whose lock file is `lock_file`, until its last
  /// object of this file is gone. Any number of processes may use one name. Where the journal is in use under
  /// another name the two would write at the same time, each with a lock of its own: that is `unavailable`.
  ///
  /// Each name is a byte of the file, far above those that SQLite locks, with a shared open file description
  /// lock on it.
  Result<> claim_name(const FileIdentity& lock_file) const;

 private:
  DatabaseFile(std::filesystem::path path, FileIdentity identity)
      : path_(std::move(path)), identity_(identity) {}
  int descriptor() const;

  std::filesystem::path path_;
  FileIdentity identity_;
  bool is_open_ = true;
};

}  // namespace dispatch::journal

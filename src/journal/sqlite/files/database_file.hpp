#pragma once

#include "base/error.hpp"
#include "journal/sqlite/files/file_identity.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace dispatch::journal {

/// The error for a journal that another process uses under another name than `path`.
tl::unexpected<Error> in_use_under_another_name(const std::filesystem::path& path);

/// The database file of a journal, opened in addition to SQLite's own descriptors. It identifies the file to
/// which a name led, and locks the file itself independently of its name.
///
/// A process that closes any descriptor of a file loses all its record locks on the file, including SQLite's
/// (fcntl(2)). Therefore all objects of a process for one file share one descriptor, which is closed with the
/// last of them. Create an object before the SQLite connection to the file, and destroy it after. Objects may
/// be used by different threads.
class DatabaseFile {
 public:
  /// Opens an existing file. Anything but a regular file is an error.
  static Result<DatabaseFile> open(const std::filesystem::path& path);

  DatabaseFile(DatabaseFile&& other) noexcept;
  DatabaseFile& operator=(DatabaseFile&& other) noexcept;
  ~DatabaseFile();

  FileIdentity identity() const { return identity_; }
  /// The current owner, mode and link count of the file.
  Result<struct stat> status() const;
  /// True if the file is mounted by itself, as containers do with single files. False also if the kernel
  /// cannot tell (before Linux 5.8).
  bool is_mount_point() const;
  /// Changes the mode of the file.
  Result<> set_mode(mode_t mode) const;

  /// Reads at most `count` bytes from offset `at`; fewer at the end of the file.
  Result<std::string> read(off_t at, std::size_t count) const;

  /// True if the file is empty, or if its header says that it has no write-ahead log: 'dispatch backup' wrote
  /// it, and no run has opened it since.
  Result<bool> is_without_log() const;

  /// True if a process has the journal open for writing under any name; this process included.
  bool is_in_use() const;
  /// Who has the journal open for writing.
  enum class Use {
    none,          ///< nobody
    this_name,     ///< processes that use it under the name in question
    another_name,  ///< a process that uses it under another name
  };
  /// Tells who has the journal open for writing, seen from the name whose lock file is `lock_file`. Without a
  /// lock file the answer is `none`.
  Result<Use> use_of_name(const std::optional<FileIdentity>& lock_file) const;
  /// Declares that this process uses the journal under the name whose lock file is `lock_file`. The claim
  /// lasts until the last object for this file is destroyed. Any number of processes may use one name.
  /// Returns `unavailable` if the journal is in use under another name: both would write at the same time,
  /// each with a lock of its own.
  ///
  /// Each name is one byte of the file, at an offset far above those that SQLite locks, with a shared open
  /// file description lock on it.
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

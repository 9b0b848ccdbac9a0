#pragma once

#include "base/error.hpp"
#include "base/system/fd.hpp"
#include "journal/sqlite/files/file_identity.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>

namespace dispatch::journal {

/// One open lock file, `<journal>.gate`; each of its first bytes is a lock. The locks are open file
/// description locks (fcntl(2), F_OFD_SETLK): they belong to this object, not to the process. Two objects in
/// one process exclude each other as two processes do, and the kernel releases the locks when the object or
/// its process is gone. The file holds only the process id of the last owner. Do not remove it while a
/// process has the journal open: the next process would create a new file, and locks in two files do not
/// exclude each other.
///
/// Several threads may use one object, but only different objects exclude each other.
class LockFile {
 public:
  /// The lock that each byte of the file stands for.
  enum class Byte : off_t {
    turnstile = 0,    ///< the queue in front of the writer lock
    writer_lock = 1,  ///< writing and checkpointing
    owner = 2,        ///< the right to dispatch the journal
    opening = 3,      ///< opening the journal for writing; a restore holds it until the journal is replaced
  };

  /// Opens the lock file beside `journal`; creates it with mode 0600 if it is missing. The journal itself may
  /// be missing. If the journal is reached through symbolic links, the lock file lies beside the file they
  /// lead to. Returns `unavailable` if the lock file is itself a symbolic link or not a regular file.
  static Result<LockFile> open(const std::filesystem::path& journal);

  /// Waits until this object holds the byte, at most for `patience`. Returns true if it holds it now. A
  /// signal can end the wait earlier.
  Result<bool> lock_within(Byte byte, std::chrono::milliseconds patience);
  /// Takes the byte without waiting. Returns true if this object holds it now.
  Result<bool> try_lock(Byte byte);
  /// Releases the byte; does nothing if this object does not hold it.
  void unlock(Byte byte) noexcept;

  /// Writes this process's id into the file, for messages of other processes. Only the holder of `owner`
  /// calls it: a run, or a restore. If the id cannot be written, it empties the file.
  void write_pid() const noexcept;
  /// The id that was written last; nothing if there is none.
  static std::optional<std::int64_t> read_pid(const std::filesystem::path& journal);

  /// True if any object, including one of this process, holds the byte of `journal`'s lock file now. Takes no
  /// lock and creates no file, so that a look never disturbs a process that takes the lock.
  static Result<bool> is_locked(const std::filesystem::path& journal, Byte byte);

  /// Returns `unavailable` if the file was removed or replaced. Check again after winning a lock: meanwhile
  /// another process may have created a lock file of its own.
  Result<> check_in_place() const;

  const std::filesystem::path& path() const { return path_; }
  const std::filesystem::path& journal() const { return journal_; }
  FileIdentity identity() const { return identity_; }

 private:
  LockFile(Fd fd, FileIdentity identity, std::filesystem::path path, std::filesystem::path journal)
      : fd_(std::move(fd)), identity_(identity), path_(std::move(path)), journal_(std::move(journal)) {}

  Fd fd_;
  FileIdentity identity_;
  std::filesystem::path path_;
  std::filesystem::path journal_;
};

}  // namespace dispatch::journal

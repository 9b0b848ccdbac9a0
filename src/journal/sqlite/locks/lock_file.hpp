#pragma once

#include "base/error.hpp"
#include "base/system/fd.hpp"
#include "journal/sqlite/files/file_identity.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>

namespace dispatch::journal {

/// A file whose bytes stand for locks: one open of `<journal>.gate`. The locks are open file description
/// locks (fcntl(2), F_OFD_SETLK): they belong to this object, not to the process, so that two objects in one
/// process exclude each other as two processes do, and the kernel drops them when the object, or its process,
/// is gone. The file holds the process id of the last owner and nothing else. It must not be removed while
/// a process has the journal open: the next process would make a new file, and locks in two files do not
/// exclude each other.
///
/// Several threads may use one object, but only different objects exclude each other.
class LockFile {
 public:
  /// What each byte of the file stands for.
  enum class Byte : off_t {
    turnstile = 0,    ///< the queue in front of the writer lock
    writer_lock = 1,  ///< writing and checkpointing
    owner = 2,        ///< being the dispatcher of the journal
  };

  /// Opens, and creates with mode 0600 where it is missing, the lock file beside `journal`. The journal
  /// itself may be missing; a journal reached through symbolic links has the lock file of the file they lead
  /// to. A lock file that is a symbolic link itself, or no regular file, is `unavailable`.
  static Result<LockFile> open(const std::filesystem::path& journal);

  /// Waits until the byte is ours.
  Result<> lock(Byte byte);
  /// True where the byte is ours now; does not wait.
  Result<bool> try_lock(Byte byte);
  /// Does nothing where the byte is not ours.
  void unlock(Byte byte) noexcept;

  /// Writes this process's id into the file, for messages of other processes. Only the holder of `owner`
  /// does. Where the id cannot be written, the file is made empty.
  void write_pid() const noexcept;
  /// The id that was written last; nothing where there is none.
  static std::optional<std::int64_t> read_pid(const std::filesystem::path& journal);

  /// True where some object holds the byte beside `journal` now, this process's own included. Takes no lock
  /// and makes no file, so that looking never gets in the way of taking.
  static Result<bool> is_locked(const std::filesystem::path& journal, Byte byte);

  /// `unavailable` where the file was removed, or another has taken its place. To be asked again once a lock
  /// is won: until then another process may have come to a file of its own.
  Result<> check_in_place() const;

  const std::filesystem::path& path() const { return path_; }
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

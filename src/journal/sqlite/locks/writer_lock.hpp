#pragma once

#include "base/error.hpp"
#include "journal/sqlite/locks/lock_file.hpp"
#include "journal/sqlite/locks/lock_wait.hpp"

#include <filesystem>
#include <utility>

namespace dispatch::journal {

/// The lock for writers of one journal, over all processes and objects: every write transaction and every
/// checkpoint runs with this lock held. SQLite's own locks would serialise the transactions, but SQLite up to
/// 3.51.2 can corrupt a WAL when one connection commits while another checkpoints it twice.
///
/// The lock is fair: a waiting writer holds the turnstile in front of it, so that a busy writer that releases
/// the lock and comes back queues up behind those who wait.
class WriterLock {
 public:
  /// `wait` applies to every wait for the lock.
  static Result<WriterLock> open(const std::filesystem::path& journal, LockWait wait = {});

  /// Waits for the lock. The caller must not hold it. Returns `unavailable` if the lock file was removed or
  /// replaced meanwhile, and `interrupted` if LockWait::gives_up ends the wait.
  Result<> lock();
  void unlock() noexcept { file_.unlock(LockFile::Byte::writer_lock); }

  const LockFile& file() const { return file_; }

 private:
  WriterLock(LockFile file, LockWait wait) : file_(std::move(file)), wait_(std::move(wait)) {}
  LockFile file_;
  LockWait wait_;
};

/// Holds a writer lock until the end of the scope.
class WriterLockGuard {
 public:
  static Result<WriterLockGuard> lock(WriterLock& writer_lock) {
    DISPATCH_TRY(writer_lock.lock());
    return WriterLockGuard{writer_lock};
  }
  WriterLockGuard(WriterLockGuard&& other) noexcept
      : writer_lock_(std::exchange(other.writer_lock_, nullptr)) {}
  WriterLockGuard& operator=(WriterLockGuard&& other) noexcept {
    std::swap(writer_lock_, other.writer_lock_);
    return *this;
  }
  ~WriterLockGuard() {
    if (writer_lock_ != nullptr) writer_lock_->unlock();
  }

 private:
  explicit WriterLockGuard(WriterLock& writer_lock) : writer_lock_(&writer_lock) {}
  WriterLock* writer_lock_;
};

}  // namespace dispatch::journal

#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <sqlite3.h>

namespace dispatch::journal {

/// Syncs the write-ahead log of one connection. A commit may be written first and synced later, also by
/// another thread; a sync covers all commits that were written before it began. Commits whose sync was
/// deferred are numbered from 1. Results are SQLite's codes.
///
/// After a failed sync the kernel may count pages as written that the disk does not have, and the next sync
/// would succeed without them (https://wiki.postgresql.org/wiki/Fsync_Errors). So once deferred commits could
/// not be synced, every later sync fails as well, and with it every commit and checkpoint.
class LogSync {
 public:
  LogSync() = default;
  /// Waits for a sync that is under way; forgets those that were only started.
  ~LogSync();
  LogSync(const LogSync&) = delete;
  LogSync& operator=(const LogSync&) = delete;

  // --- For the VFS layer, on the connection's thread
  /// Sets the open log, as the VFS below has it; null: it is being closed.
  void set_file(sqlite3_file* file);
  /// Notes that these bytes of the log were written.
  void note_written(sqlite3_int64 at, sqlite3_int64 bytes);
  /// Makes everything written so far durable.
  int sync(int flags);
  /// Instead of sync(), for a commit that is completely written.
  void defer() { deferred_.fetch_add(1, std::memory_order_release); }

  // --- For the journal
  /// The number of the last deferred commit.
  std::uint64_t deferred() const { return deferred_.load(std::memory_order_relaxed); }
  /// True if all deferred commits are durable.
  bool is_up_to_date() const { return synced_.load(std::memory_order_acquire) == deferred(); }
  /// True if it is known whether this commit is durable. Any thread may call it.
  bool is_decided(std::uint64_t commit) const {
    return synced_.load(std::memory_order_acquire) >= commit ||
           failure_.load(std::memory_order_acquire) != SQLITE_OK;
  }
  /// Makes this commit and all earlier ones durable, on the caller's thread.
  int sync_up_to(std::uint64_t commit);
  /// Does the same on a thread of this object, and then calls `decided` there.
  void start(std::uint64_t commit, std::function<void()> decided);
  /// Makes sure that the function given with this commit is not running and will not be called.
  void forget(std::uint64_t commit);
  /// True if deferred commits could not be synced: they may not be on the disk, and never will be known to
  /// be.
  bool has_failed() const { return failure_.load(std::memory_order_acquire) != SQLITE_OK; }
  /// After that: writes what the last good sync did not cover again, so that it is on its way to the
  /// disk again, and syncs it. The next process then does not build on data that is in the cache only. Call
  /// it with the writer lock held. Later syncs fail as before, whatever the result.
  int write_again();

 private:
  /// A part of the log, without its end; empty if to <= from.
  struct Range {
    sqlite3_int64 from = 0, to = 0;
    void add(const Range& other);
  };
  struct Request {
    std::uint64_t commit = 0;
    std::function<void()> decided;
  };

  int sync_now(int flags);
  int copy_onto_itself(const Range& range);
  void run() noexcept;

  std::mutex file_mutex_;         // held during a sync: one at a time
  sqlite3_file* file_ = nullptr;  // protected by file_mutex_
  std::mutex range_mutex_;
  Range unsynced_;  // protected by range_mutex_
  std::atomic<std::uint64_t> deferred_{0}, synced_{0};
  std::atomic<int> failure_{SQLITE_OK};

  std::mutex requests_mutex_;  // protects the members below it
  std::condition_variable news_, done_;
  std::vector<Request> requests_;
  std::vector<Request> under_way_;
  bool stopping_ = false;
  std::thread thread_;  // made by the first start()
};

}  // namespace dispatch::journal

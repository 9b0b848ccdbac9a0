#pragma once

#include "support/disk/vfs_layer.hpp"

#include <mutex>
#include <optional>
#include <string>

namespace dispatch::test {

/// How a disk fails.
enum class Fault {
  io_error,     ///< the operation does nothing and says so
  no_space,     ///< the same for want of room; strikes what takes room: opening, writing, syncing, memory
  short_write,  ///< half of a write is done, and the rest is refused for want of room
};

/// "io_error", "no_space" or "short_write"; nothing for another word.
std::optional<Fault> fault_named(std::string_view name);

struct DiskFault {
  Fault fault = Fault::io_error;
  int operation = 1;   ///< it strikes at this operation of those it can strike, counted from 1
  bool stays = false;  ///< and at every one after it
};

/// A disk that fails at one operation, or from one on. What it had done stays done. It counts the operations
/// that change something: opening, removing, writing, truncating, syncing and mapping shared memory.
/// Thread-safe.
class FaultyVfs final : public VfsLayer {
 public:
  explicit FaultyVfs(const DiskFault& fault);
  ~FaultyVfs() override;

  /// The fault is gone, struck or not.
  void mend();
  /// What it struck first, "write /tmp/x/journal.db-wal"; empty where it has not struck.
  std::string struck() const;

 private:
  int admit(DiskOperation operation, const std::string& path) override;
  int write(const LowerFile& file, std::string_view bytes, sqlite3_int64 at) override;

  bool strikes(DiskOperation operation, const std::string& path);

  mutable std::mutex mutex_;
  std::optional<DiskFault> fault_;
  int operations_ = 0;
  std::string struck_;
};

}  // namespace dispatch::test

#pragma once

#include "support/disk/vfs_layer.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::test {

/// What becomes of what was written but not synced when the power goes.
enum class Fate {
  dropped,    ///< none of it is on the disk
  torn,       ///< of each sector written some version is: an old one or a newer one, whatever came when
  scrambled,  ///< the same, and some of the sectors are rubbish
};

/// When the power goes, and what that does. The same cut of the same run leaves the same disk.
struct PowerCut {
  int sync = 1;          ///< the power goes during this sync, counted from 1 ...
  int writes_after = 0;  ///< ... or that sync is done and it goes during this write after it, or during the
                         ///< next sync where that comes first
  Fate fate = Fate::dropped;
  std::uint64_t seed = 0;
};

/// A disk that keeps only what was synced. What is written goes into the files at once, as into the page
/// cache of a kernel; beside them it keeps what a disk would have. At a cut everything fails from then on;
/// when all connections are closed, restore() makes the files what the disk has kept.
///
/// As SQLite assumes of a disk: a sector is 512 bytes; bytes of a sector that a write does not touch stay
/// whole; a name is on the disk when its directory is synced, which happens with the first sync of a WAL or
/// rollback journal that was created, or when a removal asks for it. A file's length is on the disk with its
/// content. An empty file that appears from outside of SQLite was made without a sync of its directory;
/// anything else that is there when it is first opened is on the disk. The -shm file does not survive.
///
/// Thread-safe. Real syncs are not made.
class PowerLossVfs final : public VfsLayer {
 public:
  PowerLossVfs();
  ~PowerLossVfs() override;

  /// Counts syncs and writes from here.
  void plan(const PowerCut& cut);
  /// The power goes now, between two operations.
  void cut(Fate fate, std::uint64_t seed);
  /// From now on syncs say yes and do nothing, as some disks do.
  void ignore_syncs();
  /// The sync of this number, counted from here, fails, and as Linux has it the pages stay in the cache as
  /// if they were on the disk: later syncs pass them over until they are written again.
  void fail_sync(int number);

  /// True since the cut.
  bool is_off() const;
  /// Syncs of files since counting began.
  int syncs() const;
  /// Writes since the last sync.
  int writes_since_sync() const;

  /// The power is back: the files are what the disk has kept, and nothing more is planned.
  void restore();

 private:
  struct Inode;
  using Names = std::map<std::string, std::shared_ptr<Inode>>;

  int admit(DiskOperation operation, const std::string& path) override;
  void opened(const LowerFile& file) override;
  int write(const LowerFile& file, std::string_view bytes, sqlite3_int64 at) override;
  int truncate(const LowerFile& file, sqlite3_int64 size) override;
  int sync(LowerFile& file, int flags) override;
  int remove(const std::string& path, bool sync_directory) override;

  Inode* find(const LowerFile& file);
  bool is_time_at_sync() const;
  bool is_time_at_write() const;
  void sync_directory_of(const std::string& path);

  mutable std::mutex mutex_;
  Names names_;  // as the running system has them
  Names names_on_disk_;
  std::optional<PowerCut> plan_;
  std::optional<PowerCut> cut_;
  bool deaf_ = false;
  int failing_sync_ = 0;
  int syncs_ = 0;
  int writes_ = 0;
};

}  // namespace dispatch::test

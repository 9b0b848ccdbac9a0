#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sqlite3.h>

namespace dispatch::test {

/// What SQLite asks of a disk.
enum class DiskOperation { open, remove, look, read, size, write, truncate, sync, lock, map_memory };

std::string_view to_string(DiskOperation operation);

/// The SQLITE_IOERR_... that says this operation failed.
int io_error(DiskOperation operation);

/// A file as the VFS below a layer has it open. Its functions give SQLite's codes.
class LowerFile {
 public:
  LowerFile(sqlite3_file* file, std::string path, bool created, bool syncs_directory)
      : file_(file), path_(std::move(path)), created_(created), syncs_directory_(syncs_directory) {}

  /// Empty for a temporary file without a name.
  const std::string& path() const { return path_; }
  /// True where it was not there before.
  bool created() const { return created_; }
  /// True once, for its first sync, where it is a WAL or a rollback journal: SQLite on unix syncs the
  /// directory with it.
  bool take_directory_sync() { return std::exchange(syncs_directory_, false); }

  int write(std::string_view bytes, sqlite3_int64 at) const {
    return file_->pMethods->xWrite(file_, bytes.data(), static_cast<int>(bytes.size()), at);
  }
  int truncate(sqlite3_int64 size) const { return file_->pMethods->xTruncate(file_, size); }
  int sync(int flags) const { return file_->pMethods->xSync(file_, flags); }
  /// Bytes from `at`, fewer where the file ends before; nothing where they cannot be read.
  std::optional<std::string> read(sqlite3_int64 at, sqlite3_int64 bytes) const;
  /// All of it.
  std::optional<std::string> read() const;

  sqlite3_file* get() const { return file_; }

 private:
  sqlite3_file* file_;
  std::string path_;
  bool created_;
  bool syncs_directory_;
};

/// A SQLite VFS over the one that was the default before, and the default itself while it lives: whatever
/// opens a database without naming a VFS goes through it. A layer overrides what it changes; the rest goes
/// down as it is. Every file must be closed before it is destroyed. SQLite calls it from whichever thread
/// uses a connection, so what a layer overrides must be thread-safe.
class VfsLayer {
 public:
  VfsLayer(const VfsLayer&) = delete;
  VfsLayer& operator=(const VfsLayer&) = delete;
  virtual ~VfsLayer();

 protected:
  /// `name` outlives the layer and is unlike that of any other VFS of the process.
  explicit VfsLayer(const char* name);

  /// Asked before every operation; anything but SQLITE_OK is its answer. Closing and giving back locks are
  /// not asked for.
  virtual int admit(DiskOperation, const std::string& /*path*/) { return SQLITE_OK; }
  /// Told of every file that has been opened.
  virtual void opened(const LowerFile&) {}

  // What changes a disk, after admit() let it pass.
  virtual int write(const LowerFile& file, std::string_view bytes, sqlite3_int64 at) {
    return file.write(bytes, at);
  }
  virtual int truncate(const LowerFile& file, sqlite3_int64 size) { return file.truncate(size); }
  virtual int sync(LowerFile& file, int flags) { return file.sync(flags); }
  virtual int remove(const std::string& path, bool sync_directory) {
    return lower_->xDelete(lower_, path.c_str(), sync_directory ? 1 : 0);
  }

 private:
  friend struct VfsCalls;

  sqlite3_vfs* lower_;
  sqlite3_vfs vfs_{};
};

}  // namespace dispatch::test

#include "journal/sqlite/wal/joined_wal.hpp"

#include "journal/sqlite/wal/log_sync.hpp"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <sqlite3.h>

namespace dispatch::journal {
namespace {

/// SQLite's VFS for Unix takes less than 128 KiB in one write (seekAndWriteFd masks the count).
constexpr std::size_t held_most = 0x1ffff;

/// WAL_WRITE_LOCK, see https://www.sqlite.org/walformat.html#wal_locks
constexpr int write_lock = 0;

struct Log;

/// What the connection's database file and its log share.
struct Shared {
  Log* log = nullptr;  ///< while it is open
  bool has_write_lock = false;
  bool defers = false;  ///< true: a sync at a commit is left to LogSync
  int write_error = 0;  ///< errno of the last write that failed
  LogSync sync;
};

/// A file as SQLite sees it. The default VFS's file follows it in the memory that SQLite gives.
struct Layered : sqlite3_file {
  sqlite3_file* real = nullptr;
  Shared* shared = nullptr;
};

struct Database : Layered {};

struct Log : Layered {
  std::vector<char> held;  ///< written and not in the file yet
  sqlite3_int64 held_at = 0;

  int release() {
    if (held.empty()) return SQLITE_OK;
    // Whatever comes of it: SQLite undoes a commit that fails, and writes the same place anew.
    const int answer = write(held.data(), static_cast<int>(held.size()), held_at);
    held.clear();
    return answer;
  }
  int write(const void* bytes, int count, sqlite3_int64 at) {
    shared->sync.note_written(at, count);
    const int answer = real->pMethods->xWrite(real, bytes, count, at);
    if (answer != SQLITE_OK) shared->write_error = errno;
    return answer;
  }
};

/// The same function of the real file; of a log, after what is held has been written.
template <class File, auto Method>
struct Through;
template <class File, class Value, class... Arguments,
          Value (*sqlite3_io_methods::*Method)(sqlite3_file*, Arguments...)>
struct Through<File, Method> {
  static Value call(sqlite3_file* file, Arguments... arguments) noexcept {
    auto& layered = *static_cast<File*>(file);
    if constexpr (std::is_same_v<File, Log>)
      if (const int answer = layered.release(); answer != SQLITE_OK) return answer;
    return (layered.real->pMethods->*Method)(layered.real, arguments...);
  }
};

template <class File>
int close(sqlite3_file* file) noexcept {
  auto* const layered = static_cast<File*>(file);
  if constexpr (std::is_same_v<File, Log>) {
    layered->shared->log = nullptr;
    layered->shared->sync.set_file(nullptr);
  }
  const int closed = layered->real->pMethods->xClose(layered->real);
  std::destroy_at(layered);
  return closed;
}

int write_log(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) noexcept {
  Log& log = *static_cast<Log*>(file);
  if (!log.shared->has_write_lock) return log.write(bytes, count, at);
  const auto size = static_cast<std::size_t>(count);
  const bool follows = at == log.held_at + static_cast<sqlite3_int64>(log.held.size());
  if (!log.held.empty() && (!follows || log.held.size() + size > held_most))
    if (const int answer = log.release(); answer != SQLITE_OK) return answer;
  if (log.held.empty()) log.held_at = at;
  try {
    const auto* begin = static_cast<const char*>(bytes);
    log.held.insert(log.held.end(), begin, begin + size);
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;
  }
  return SQLITE_OK;
}

/// SQLite syncs the log at a commit, before it overwrites the log from its beginning, and before a
/// checkpoint. The last two are always made (PRAGMA checkpoint_fullfsync gives them another flag): without
/// them a power failure could leave old frames of the log valid behind new ones, or a half copied database
/// without a log.
int sync_log(sqlite3_file* file, int flags) noexcept {
  Log& log = *static_cast<Log*>(file);
  if (const int answer = log.release(); answer != SQLITE_OK) return answer;
  if (!log.shared->defers || flags != SQLITE_SYNC_NORMAL) return log.shared->sync.sync(flags);
  log.shared->sync.defer();
  return SQLITE_OK;
}

/// Sees the write lock come and go.
int lock_memory(sqlite3_file* file, int offset, int count, int flags) noexcept {
  const Database& database = *static_cast<Database*>(file);
  Shared& shared = *database.shared;
  const bool of_writer =
      (flags & SQLITE_SHM_EXCLUSIVE) != 0 && offset <= write_lock && write_lock < offset + count;
  if (of_writer && (flags & SQLITE_SHM_UNLOCK) != 0) {
    shared.has_write_lock = false;
    if (shared.log != nullptr) shared.log->held.clear();
  }
  const int answer = database.real->pMethods->xShmLock(database.real, offset, count, flags);
  if (of_writer && (flags & SQLITE_SHM_LOCK) != 0 && answer == SQLITE_OK) shared.has_write_lock = true;
  return answer;
}

template <class File>
constexpr sqlite3_io_methods methods_of() {
  constexpr bool is_log = std::is_same_v<File, Log>;
  return {
      .iVersion = is_log ? 1 : 2,  // without, or with shared memory; neither is read through a map
      .xClose = close<File>,
      .xRead = Through<File, &sqlite3_io_methods::xRead>::call,
      .xWrite = is_log ? write_log : Through<File, &sqlite3_io_methods::xWrite>::call,
      .xTruncate = Through<File, &sqlite3_io_methods::xTruncate>::call,
      .xSync = is_log ? sync_log : Through<File, &sqlite3_io_methods::xSync>::call,
      .xFileSize = Through<File, &sqlite3_io_methods::xFileSize>::call,
      .xLock = Through<File, &sqlite3_io_methods::xLock>::call,
      .xUnlock = Through<File, &sqlite3_io_methods::xUnlock>::call,
      .xCheckReservedLock = Through<File, &sqlite3_io_methods::xCheckReservedLock>::call,
      .xFileControl = Through<File, &sqlite3_io_methods::xFileControl>::call,
      .xSectorSize = Through<Layered, &sqlite3_io_methods::xSectorSize>::call,
      .xDeviceCharacteristics = Through<Layered, &sqlite3_io_methods::xDeviceCharacteristics>::call,
      .xShmMap = is_log ? nullptr : Through<Layered, &sqlite3_io_methods::xShmMap>::call,
      .xShmLock = is_log ? nullptr : lock_memory,
      .xShmBarrier = is_log ? nullptr : Through<Layered, &sqlite3_io_methods::xShmBarrier>::call,
      .xShmUnmap = is_log ? nullptr : Through<Layered, &sqlite3_io_methods::xShmUnmap>::call,
      .xFetch = nullptr,
      .xUnfetch = nullptr,
  };
}

template <class File>
constexpr sqlite3_io_methods methods = methods_of<File>();

struct LayerVfs : sqlite3_vfs {
  sqlite3_vfs* base = nullptr;
  Shared shared;
};

/// The default VFS's function, on the default VFS.
template <auto Function>
struct Base;
template <class Value, class... Arguments, Value (*sqlite3_vfs::*Function)(sqlite3_vfs*, Arguments...)>
struct Base<Function> {
  static Value call(sqlite3_vfs* vfs, Arguments... arguments) noexcept {
    sqlite3_vfs* const base = static_cast<LayerVfs*>(vfs)->base;
    return (base->*Function)(base, arguments...);
  }
};

constexpr std::size_t rounded_up(std::size_t bytes) {
  return (bytes + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);
}
constexpr std::size_t layer_bytes = rounded_up(sizeof(Log));
static_assert(sizeof(Database) <= layer_bytes);

template <class File>
int open_layered(LayerVfs& layer, const char* name, sqlite3_file* file, int flags, int* opened) noexcept {
  File* const layered = std::construct_at(reinterpret_cast<File*>(file));
  layered->real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + layer_bytes);
  layered->real->pMethods = nullptr;
  layered->shared = &layer.shared;
  const int answer = layer.base->xOpen(layer.base, name, layered->real, flags, opened);
  if (answer == SQLITE_OK) {
    layered->pMethods = &methods<File>;
    if constexpr (std::is_same_v<File, Log>) {
      layer.shared.log = layered;
      layer.shared.sync.set_file(layered->real);
    }
    return SQLITE_OK;
  }
  // SQLite does not close a file without methods.
  if (layered->real->pMethods != nullptr) layered->real->pMethods->xClose(layered->real);
  std::destroy_at(layered);
  file->pMethods = nullptr;
  return answer;
}

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* opened) noexcept {
  auto& layer = *static_cast<LayerVfs*>(vfs);
  if ((flags & SQLITE_OPEN_WAL) != 0) return open_layered<Log>(layer, name, file, flags, opened);
  if ((flags & SQLITE_OPEN_MAIN_DB) != 0) return open_layered<Database>(layer, name, file, flags, opened);
  return layer.base->xOpen(layer.base, name, file, flags, opened);
}

}  // namespace

struct JoinedWal::Vfs : LayerVfs {};

JoinedWal::JoinedWal() : vfs_(std::make_unique<Vfs>()) {
  sqlite3_vfs* const base = sqlite3_vfs_find(nullptr);
  name_ = fmt::format("dispatch-{}", fmt::ptr(this));
  Vfs& vfs = *vfs_;
  vfs.base = base;
  vfs.iVersion = 2;
  vfs.szOsFile = base->szOsFile + static_cast<int>(layer_bytes);
  vfs.mxPathname = base->mxPathname;
  vfs.zName = name_.c_str();
  vfs.pAppData = base->pAppData;
  vfs.xOpen = open;
  vfs.xDelete = Base<&sqlite3_vfs::xDelete>::call;
  vfs.xAccess = Base<&sqlite3_vfs::xAccess>::call;
  vfs.xFullPathname = Base<&sqlite3_vfs::xFullPathname>::call;
  vfs.xDlOpen = Base<&sqlite3_vfs::xDlOpen>::call;
  vfs.xDlError = Base<&sqlite3_vfs::xDlError>::call;
  vfs.xDlClose = Base<&sqlite3_vfs::xDlClose>::call;
  vfs.xRandomness = Base<&sqlite3_vfs::xRandomness>::call;
  vfs.xSleep = Base<&sqlite3_vfs::xSleep>::call;
  vfs.xCurrentTime = Base<&sqlite3_vfs::xCurrentTime>::call;
  vfs.xGetLastError = Base<&sqlite3_vfs::xGetLastError>::call;
  vfs.xCurrentTimeInt64 = Base<&sqlite3_vfs::xCurrentTimeInt64>::call;
  if (const int answer = sqlite3_vfs_register(&vfs, 0); answer != SQLITE_OK)
    throw SQLite::Exception{"cannot register a file system layer", answer};
}

JoinedWal::~JoinedWal() {
  sqlite3_vfs_unregister(vfs_.get());
}

int JoinedWal::write_error() const {
  return vfs_->shared.write_error;
}

LogSync& JoinedWal::sync() {
  return vfs_->shared.sync;
}

JoinedWal::Deferral::Deferral(JoinedWal& joined) : joined_(joined) {
  joined_.vfs_->shared.defers = true;
}

JoinedWal::Deferral::~Deferral() {
  joined_.vfs_->shared.defers = false;
}

}  // namespace dispatch::journal

#include "journal/sqlite/joined_wal.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include <SQLiteCpp/Exception.h>
#include <fmt/format.h>
#include <sqlite3.h>

namespace dispatch::journal {
namespace {

/// SQLite's VFS for Unix takes less than 128 KiB in one write (seekAndWriteFd masks the count).
constexpr std::size_t held_most = 0x1ffff;

/// The log, as SQLite sees it. The default VFS's file follows it in the memory that SQLite gives.
struct Wal : sqlite3_file {
  sqlite3_file* real = nullptr;
  std::vector<char> held;  ///< written and not in the file yet
  sqlite3_int64 held_at = 0;

  int release() {
    if (held.empty()) return SQLITE_OK;
    // Whatever comes of it: SQLite undoes a commit that fails, and writes the same place anew.
    const int answer = real->pMethods->xWrite(real, held.data(), static_cast<int>(held.size()), held_at);
    held.clear();
    return answer;
  }
};

Wal& wal_of(sqlite3_file* file) {
  return *static_cast<Wal*>(file);
}

/// After what is held has been written, does the same to the real file.
template <auto Method>
struct Through;
template <class... Arguments, int (*sqlite3_io_methods::*Method)(sqlite3_file*, Arguments...)>
struct Through<Method> {
  static int call(sqlite3_file* file, Arguments... arguments) noexcept {
    Wal& wal = wal_of(file);
    if (const int answer = wal.release(); answer != SQLITE_OK) return answer;
    return (wal.real->pMethods->*Method)(wal.real, arguments...);
  }
};

int close(sqlite3_file* file) noexcept {
  Wal& wal = wal_of(file);
  const int released = wal.release();
  const int closed = wal.real->pMethods->xClose(wal.real);
  std::destroy_at(&wal);
  return released != SQLITE_OK ? released : closed;
}

int write(sqlite3_file* file, const void* bytes, int count, sqlite3_int64 at) noexcept {
  Wal& wal = wal_of(file);
  const auto size = static_cast<std::size_t>(count);
  const bool follows = at == wal.held_at + static_cast<sqlite3_int64>(wal.held.size());
  if (!wal.held.empty() && (!follows || wal.held.size() + size > held_most))
    if (const int answer = wal.release(); answer != SQLITE_OK) return answer;
  if (wal.held.empty()) wal.held_at = at;
  try {
    const auto* begin = static_cast<const char*>(bytes);
    wal.held.insert(wal.held.end(), begin, begin + size);
  } catch (const std::bad_alloc&) {
    return SQLITE_IOERR_NOMEM;
  }
  return SQLITE_OK;
}

int sector_size(sqlite3_file* file) noexcept {
  return wal_of(file).real->pMethods->xSectorSize(wal_of(file).real);
}

int characteristics(sqlite3_file* file) noexcept {
  return wal_of(file).real->pMethods->xDeviceCharacteristics(wal_of(file).real);
}

// Version 1: a log is neither mapped nor has it shared memory.
const sqlite3_io_methods wal_methods = {
    .iVersion = 1,
    .xClose = close,
    .xRead = Through<&sqlite3_io_methods::xRead>::call,
    .xWrite = write,
    .xTruncate = Through<&sqlite3_io_methods::xTruncate>::call,
    .xSync = Through<&sqlite3_io_methods::xSync>::call,
    .xFileSize = Through<&sqlite3_io_methods::xFileSize>::call,
    .xLock = Through<&sqlite3_io_methods::xLock>::call,
    .xUnlock = Through<&sqlite3_io_methods::xUnlock>::call,
    .xCheckReservedLock = Through<&sqlite3_io_methods::xCheckReservedLock>::call,
    .xFileControl = Through<&sqlite3_io_methods::xFileControl>::call,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = characteristics,
    .xShmMap = nullptr,
    .xShmLock = nullptr,
    .xShmBarrier = nullptr,
    .xShmUnmap = nullptr,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

sqlite3_vfs& base_of(sqlite3_vfs* vfs) {
  return *static_cast<sqlite3_vfs*>(vfs->pAppData);
}

/// The default VFS's function, on the default VFS.
template <auto Function>
struct Base;
template <class Value, class... Arguments, Value (*sqlite3_vfs::*Function)(sqlite3_vfs*, Arguments...)>
struct Base<Function> {
  static Value call(sqlite3_vfs* vfs, Arguments... arguments) noexcept {
    return (base_of(vfs).*Function)(&base_of(vfs), arguments...);
  }
};

constexpr std::size_t wal_bytes =
    (sizeof(Wal) + alignof(std::max_align_t) - 1) / alignof(std::max_align_t) * alignof(std::max_align_t);

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* opened) noexcept {
  sqlite3_vfs& base = base_of(vfs);
  if ((flags & SQLITE_OPEN_WAL) == 0) return base.xOpen(&base, name, file, flags, opened);
  Wal* const wal = std::construct_at(reinterpret_cast<Wal*>(file));
  wal->real = reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(file) + wal_bytes);
  wal->real->pMethods = nullptr;
  const int answer = base.xOpen(&base, name, wal->real, flags, opened);
  if (answer == SQLITE_OK) {
    wal->pMethods = &wal_methods;
    return SQLITE_OK;
  }
  // SQLite does not close a file without methods.
  if (wal->real->pMethods != nullptr) wal->real->pMethods->xClose(wal->real);
  std::destroy_at(wal);
  file->pMethods = nullptr;
  return answer;
}

}  // namespace

struct JoinedWal::Vfs : sqlite3_vfs {};

JoinedWal::JoinedWal() : vfs_(std::make_unique<Vfs>()) {
  sqlite3_vfs* const base = sqlite3_vfs_find(nullptr);
  name_ = fmt::format("dispatch-{}", fmt::ptr(this));
  Vfs& vfs = *vfs_;
  vfs.iVersion = 2;
  vfs.szOsFile = base->szOsFile + static_cast<int>(wal_bytes);
  vfs.mxPathname = base->mxPathname;
  vfs.zName = name_.c_str();
  vfs.pAppData = base;
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

}  // namespace dispatch::journal

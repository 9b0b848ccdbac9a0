#include "support/disk/vfs_layer.hpp"

#include <memory>
#include <stdexcept>

namespace dispatch::test {

std::string_view to_string(DiskOperation operation) {
  switch (operation) {
    case DiskOperation::open:
      return "open";
    case DiskOperation::remove:
      return "remove";
    case DiskOperation::look:
      return "look";
    case DiskOperation::read:
      return "read";
    case DiskOperation::size:
      return "size";
    case DiskOperation::write:
      return "write";
    case DiskOperation::truncate:
      return "truncate";
    case DiskOperation::sync:
      return "sync";
    case DiskOperation::lock:
      return "lock";
    case DiskOperation::map_memory:
      return "map_memory";
  }
  return "";
}

int io_error(DiskOperation operation) {
  switch (operation) {
    case DiskOperation::open:
      return SQLITE_CANTOPEN;
    case DiskOperation::remove:
      return SQLITE_IOERR_DELETE;
    case DiskOperation::look:
      return SQLITE_IOERR_ACCESS;
    case DiskOperation::read:
      return SQLITE_IOERR_READ;
    case DiskOperation::size:
      return SQLITE_IOERR_FSTAT;
    case DiskOperation::write:
      return SQLITE_IOERR_WRITE;
    case DiskOperation::truncate:
      return SQLITE_IOERR_TRUNCATE;
    case DiskOperation::sync:
      return SQLITE_IOERR_FSYNC;
    case DiskOperation::lock:
      return SQLITE_IOERR_LOCK;
    case DiskOperation::map_memory:
      return SQLITE_IOERR_SHMMAP;
  }
  return SQLITE_IOERR;
}

std::optional<std::string> LowerFile::read(sqlite3_int64 at, sqlite3_int64 bytes) const {
  std::string buffer(static_cast<std::size_t>(bytes), '\0');
  const int answer = file_->pMethods->xRead(file_, buffer.data(), static_cast<int>(bytes), at);
  if (answer != SQLITE_OK && answer != SQLITE_IOERR_SHORT_READ) return std::nullopt;
  sqlite3_int64 size = 0;
  if (file_->pMethods->xFileSize(file_, &size) != SQLITE_OK) return std::nullopt;
  if (size < at + bytes) buffer.resize(static_cast<std::size_t>(size > at ? size - at : 0));
  return buffer;
}

std::optional<std::string> LowerFile::read() const {
  sqlite3_int64 size = 0;
  if (file_->pMethods->xFileSize(file_, &size) != SQLITE_OK) return std::nullopt;
  return read(0, size);
}

/// What SQLite calls.
struct VfsCalls {
  /// The file as SQLite knows it; the memory of the lower VFS's file follows.
  struct Handle {
    sqlite3_file base;
    VfsLayer* layer;
    LowerFile* file;
  };
  static_assert(sizeof(Handle) % alignof(sqlite3_int64) == 0);

  static VfsLayer& layer(sqlite3_vfs* vfs) { return *static_cast<VfsLayer*>(vfs->pAppData); }
  static Handle& handle(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file); }
  static sqlite3_file* lower(sqlite3_file* file) {
    return reinterpret_cast<sqlite3_file*>(reinterpret_cast<Handle*>(file) + 1);
  }

  /// Does `work` with the layer and the lower file, unless the layer refuses.
  template <class Work>
  static int admitted(sqlite3_file* file, DiskOperation operation, Work work) {
    const Handle& open = handle(file);
    const int refused = open.layer->admit(operation, open.file->path());
    return refused != SQLITE_OK ? refused : work(*open.layer, *open.file);
  }

  // --- Files

  static int close(sqlite3_file* file) {
    const std::unique_ptr<LowerFile> closed{handle(file).file};
    return lower(file)->pMethods->xClose(lower(file));
  }
  static int read(sqlite3_file* file, void* to, int bytes, sqlite3_int64 at) {
    return admitted(file, DiskOperation::read, [&](VfsLayer&, const LowerFile& open) {
      return open.get()->pMethods->xRead(open.get(), to, bytes, at);
    });
  }
  static int write(sqlite3_file* file, const void* from, int bytes, sqlite3_int64 at) {
    return admitted(file, DiskOperation::write, [&](VfsLayer& layer, const LowerFile& open) {
      return layer.write(open, {static_cast<const char*>(from), static_cast<std::size_t>(bytes)}, at);
    });
  }
  static int truncate(sqlite3_file* file, sqlite3_int64 size) {
    return admitted(file, DiskOperation::truncate,
                    [&](VfsLayer& layer, const LowerFile& open) { return layer.truncate(open, size); });
  }
  static int sync(sqlite3_file* file, int flags) {
    return admitted(file, DiskOperation::sync,
                    [&](VfsLayer& layer, LowerFile& open) { return layer.sync(open, flags); });
  }
  static int size(sqlite3_file* file, sqlite3_int64* size) {
    return admitted(file, DiskOperation::size, [&](VfsLayer&, const LowerFile& open) {
      return open.get()->pMethods->xFileSize(open.get(), size);
    });
  }
  static int lock(sqlite3_file* file, int level) {
    return admitted(file, DiskOperation::lock, [&](VfsLayer&, const LowerFile& open) {
      return open.get()->pMethods->xLock(open.get(), level);
    });
  }
  static int unlock(sqlite3_file* file, int level) {
    return lower(file)->pMethods->xUnlock(lower(file), level);
  }
  static int check_reserved_lock(sqlite3_file* file, int* result) {
    return lower(file)->pMethods->xCheckReservedLock(lower(file), result);
  }
  static int file_control(sqlite3_file* file, int what, void* value) {
    return lower(file)->pMethods->xFileControl(lower(file), what, value);
  }
  static int sector_size(sqlite3_file* file) { return lower(file)->pMethods->xSectorSize(lower(file)); }
  static int device_characteristics(sqlite3_file* file) {
    return lower(file)->pMethods->xDeviceCharacteristics(lower(file));
  }
  static int map_memory(sqlite3_file* file, int region, int bytes, int extend, void volatile** memory) {
    return admitted(file, DiskOperation::map_memory, [&](VfsLayer&, const LowerFile& open) {
      return open.get()->pMethods->xShmMap(open.get(), region, bytes, extend, memory);
    });
  }
  static int lock_memory(sqlite3_file* file, int offset, int count, int flags) {
    if ((flags & SQLITE_SHM_UNLOCK) != 0)
      return lower(file)->pMethods->xShmLock(lower(file), offset, count, flags);
    return admitted(file, DiskOperation::lock, [&](VfsLayer&, const LowerFile& open) {
      return open.get()->pMethods->xShmLock(open.get(), offset, count, flags);
    });
  }
  static void memory_barrier(sqlite3_file* file) { lower(file)->pMethods->xShmBarrier(lower(file)); }
  static int unmap_memory(sqlite3_file* file, int remove) {
    return lower(file)->pMethods->xShmUnmap(lower(file), remove);
  }

  /// Version 2: with shared memory, without reading through a memory map.
  static constexpr sqlite3_io_methods methods{2,
                                              close,
                                              read,
                                              write,
                                              truncate,
                                              sync,
                                              size,
                                              lock,
                                              unlock,
                                              check_reserved_lock,
                                              file_control,
                                              sector_size,
                                              device_characteristics,
                                              map_memory,
                                              lock_memory,
                                              memory_barrier,
                                              unmap_memory,
                                              nullptr,
                                              nullptr};

  // --- The file system

  static int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* flags_out) {
    file->pMethods = nullptr;
    VfsLayer& over = layer(vfs);
    const std::string path = name == nullptr ? "" : name;
    if (const int refused = over.admit(DiskOperation::open, path); refused != SQLITE_OK) return refused;
    int existed = 0;
    if (name != nullptr) over.lower_->xAccess(over.lower_, name, SQLITE_ACCESS_EXISTS, &existed);
    if (const int failed = over.lower_->xOpen(over.lower_, name, lower(file), flags, flags_out);
        failed != SQLITE_OK) {
      if (lower(file)->pMethods != nullptr) lower(file)->pMethods->xClose(lower(file));
      return failed;
    }
    const bool syncs_directory =
        (flags & SQLITE_OPEN_CREATE) != 0 &&
        (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_SUPER_JOURNAL)) != 0;
    auto opened = std::make_unique<LowerFile>(lower(file), path, existed == 0, syncs_directory);
    over.opened(*opened);
    handle(file).layer = &over;
    handle(file).file = opened.release();
    file->pMethods = &methods;
    return SQLITE_OK;
  }
  static int remove(sqlite3_vfs* vfs, const char* name, int sync_directory) {
    const int refused = layer(vfs).admit(DiskOperation::remove, name);
    return refused != SQLITE_OK ? refused : layer(vfs).remove(name, sync_directory != 0);
  }
  static int look(sqlite3_vfs* vfs, const char* name, int flags, int* result) {
    const int refused = layer(vfs).admit(DiskOperation::look, name);
    return refused != SQLITE_OK ? refused
                                : layer(vfs).lower_->xAccess(layer(vfs).lower_, name, flags, result);
  }
  static int full_path_name(sqlite3_vfs* vfs, const char* name, int bytes, char* out) {
    return layer(vfs).lower_->xFullPathname(layer(vfs).lower_, name, bytes, out);
  }
  static int randomness(sqlite3_vfs* vfs, int bytes, char* out) {
    return layer(vfs).lower_->xRandomness(layer(vfs).lower_, bytes, out);
  }
  static int sleep(sqlite3_vfs* vfs, int microseconds) {
    return layer(vfs).lower_->xSleep(layer(vfs).lower_, microseconds);
  }
  static int last_error(sqlite3_vfs* vfs, int bytes, char* out) {
    return layer(vfs).lower_->xGetLastError(layer(vfs).lower_, bytes, out);
  }
  static int time_now(sqlite3_vfs* vfs, sqlite3_int64* out) {
    return layer(vfs).lower_->xCurrentTimeInt64(layer(vfs).lower_, out);
  }
};

VfsLayer::VfsLayer(const char* name) : lower_(sqlite3_vfs_find(nullptr)) {
  if (lower_ == nullptr) throw std::runtime_error("SQLite has no default VFS");
  vfs_.iVersion = 2;
  vfs_.szOsFile = static_cast<int>(sizeof(VfsCalls::Handle)) + lower_->szOsFile;
  vfs_.mxPathname = lower_->mxPathname;
  vfs_.zName = name;
  vfs_.pAppData = this;
  vfs_.xOpen = VfsCalls::open;
  vfs_.xDelete = VfsCalls::remove;
  vfs_.xAccess = VfsCalls::look;
  vfs_.xFullPathname = VfsCalls::full_path_name;
  vfs_.xRandomness = VfsCalls::randomness;
  vfs_.xSleep = VfsCalls::sleep;
  vfs_.xGetLastError = VfsCalls::last_error;
  vfs_.xCurrentTimeInt64 = VfsCalls::time_now;
  sqlite3_vfs_register(&vfs_, 1);
}

VfsLayer::~VfsLayer() {
  sqlite3_vfs_unregister(&vfs_);
  sqlite3_vfs_register(lower_, 1);
}

}  // namespace dispatch::test

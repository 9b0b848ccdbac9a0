#include "support/disk/faulty_vfs.hpp"

namespace dispatch::test {

namespace {

bool can_strike(Fault fault, DiskOperation operation) {
  switch (operation) {
    case DiskOperation::write:
      return true;
    case DiskOperation::open:
    case DiskOperation::sync:
    case DiskOperation::map_memory:
      return fault != Fault::short_write;
    case DiskOperation::truncate:
    case DiskOperation::remove:
      return fault == Fault::io_error;
    default:
      return false;
  }
}

}  // namespace

std::optional<Fault> fault_named(std::string_view name) {
  if (name == "io_error") return Fault::io_error;
  if (name == "no_space") return Fault::no_space;
  if (name == "short_write") return Fault::short_write;
  return std::nullopt;
}

FaultyVfs::FaultyVfs(const DiskFault& fault) : VfsLayer("faulty"), fault_(fault) {}

FaultyVfs::~FaultyVfs() = default;

void FaultyVfs::mend() {
  const std::scoped_lock lock{mutex_};
  fault_.reset();
}

std::string FaultyVfs::struck() const {
  const std::scoped_lock lock{mutex_};
  return struck_;
}

bool FaultyVfs::strikes(DiskOperation operation, const std::string& path) {
  if (!fault_ || !can_strike(fault_->fault, operation)) return false;
  ++operations_;
  const bool now = fault_->stays ? operations_ >= fault_->operation : operations_ == fault_->operation;
  if (now && struck_.empty()) struck_ = std::string{to_string(operation)} + " " + path;
  return now;
}

int FaultyVfs::admit(DiskOperation operation, const std::string& path) {
  const std::scoped_lock lock{mutex_};
  if (fault_ && fault_->fault == Fault::short_write) return SQLITE_OK;  // see write
  if (!strikes(operation, path)) return SQLITE_OK;
  return fault_->fault == Fault::no_space && operation == DiskOperation::write ? SQLITE_FULL
                                                                               : io_error(operation);
}

int FaultyVfs::write(const LowerFile& file, std::string_view bytes, sqlite3_int64 at) {
  {
    const std::scoped_lock lock{mutex_};
    if (!fault_ || fault_->fault != Fault::short_write || !strikes(DiskOperation::write, file.path()))
      return file.write(bytes, at);
  }
  const int failed = file.write(bytes.substr(0, bytes.size() / 2), at);
  return failed != SQLITE_OK ? failed : SQLITE_FULL;
}

}  // namespace dispatch::test

#pragma once

#include "support/disk/vfs_layer.hpp"

#include <optional>
#include <string>
#include <utility>

namespace dispatch::test {

/// A disk whose operations of one kind on one kind of file fail while it is told so. For one thread.
class FailingDisk final : public VfsLayer {
 public:
  FailingDisk() : VfsLayer("failing") {}

  /// From now on `operation` fails on files whose names end with `suffix`, with `code` of SQLite, or as an
  /// error of the disk.
  void fail(DiskOperation operation, std::string suffix, std::optional<int> code = std::nullopt) {
    operation_ = operation;
    suffix_ = std::move(suffix);
    code_ = code;
  }
  void mend() { operation_.reset(); }

 protected:
  int admit(DiskOperation operation, const std::string& path) override {
    if (operation != operation_ || !path.ends_with(suffix_)) return SQLITE_OK;
    return code_.value_or(io_error(operation));
  }

 private:
  std::optional<DiskOperation> operation_;
  std::string suffix_;
  std::optional<int> code_;
};

}  // namespace dispatch::test

#pragma once

#include <filesystem>
#include <optional>

#include <sys/stat.h>
#include <sys/types.h>

namespace dispatch::journal {

/// Identifies a file independently of its name: device and inode.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;

  auto operator<=>(const FileIdentity&) const = default;

  static FileIdentity of(const struct stat& status) { return {status.st_dev, status.st_ino}; }
  /// The identity of the file to which the path leads now, through symbolic links; nothing if there is none
  /// or it cannot be examined.
  static std::optional<FileIdentity> of(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return of(status);
  }
};

}  // namespace dispatch::journal

#pragma once

#include <filesystem>
#include <optional>

#include <sys/stat.h>
#include <sys/types.h>

namespace dispatch::journal {

/// What makes a file the same file, whatever its name: the device it is on and its inode there.
struct FileIdentity {
  dev_t device = 0;
  ino_t inode = 0;

  auto operator<=>(const FileIdentity&) const = default;

  static FileIdentity of(const struct stat& status) { return {status.st_dev, status.st_ino}; }
  /// Of the file that the name leads to now, through symbolic links; nothing where there is none, or none
  /// that may be looked at.
  static std::optional<FileIdentity> of(const std::filesystem::path& path) {
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    return of(status);
  }
};

}  // namespace dispatch::journal

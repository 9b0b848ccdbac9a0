#pragma once

#include <filesystem>
#include <string>

namespace dispatch::bench {

/// A temporary directory; removed at the end with all that is in it.
class TempDir {
 public:
  /// Below `parent`. Throws std::system_error.
  explicit TempDir(const std::filesystem::path& parent);
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace dispatch::bench

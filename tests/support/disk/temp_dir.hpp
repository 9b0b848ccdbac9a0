#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace dispatch::test {

/// A new directory, removed at the end; kept, and named on stderr, where the test case has failed by then.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  /// The path of an entry, there or not.
  std::string operator/(std::string_view name) const { return path_ / name; }
  /// Writes a file and returns its path.
  std::string write(std::string_view name, std::string_view text) const;
  /// True where nothing is in it.
  bool empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::filesystem::path path_;
};

/// The whole text of a file; empty where it cannot be read.
std::string read_file(const std::filesystem::path& path);

}  // namespace dispatch::test

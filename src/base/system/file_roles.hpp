#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dispatch {

/// The purposes of a program's files, to find a file that is both read and written, or written for two
/// purposes. Files are compared by device and inode, so that links and different spellings of a path are
/// recognised. Only regular files and named pipes are compared, because several writers may share a terminal
/// or /dev/null. Missing files are compared by their paths.
///
/// Every check reads the current state of the files. Thread-safe once all files are added.
class FileRoles {
 public:
  /// A file that is read; "-" is standard input. `what` as in "input", for messages.
  void add_input(std::string path, std::string_view what);

  /// A file that is written; it may be missing. `remedy` tells what to do if it conflicts with another file:
  /// "name another with --rejects".
  void add_output(std::string path, std::string_view what, std::string_view remedy);

  /// Standard output and standard error, which may be one file.
  void add_standard_outputs();

  /// Misuse if two files that must differ are the same; the message names both.
  Result<> check() const;

  /// Checks one of these files, just opened as `fd`: since an earlier check its path may lead to another
  /// file.
  Result<> check_opened(int fd, std::string_view path) const;

 private:
  enum class Use { input, output, talk };
  struct File {
    Use use;
    std::string path;  ///< empty: `fd` is used
    int fd = -1;
    std::string what;
    std::string remedy;
  };
  struct Identity;

  static std::string future_path(const File& file);
  static Identity identity_of(const File& file);
  static Identity identity_of(int fd);
  static bool may_be_one(const File& a, const File& b);
  static tl::unexpected<Error> one_file(const File& a, const File& b);

  std::vector<File> files_;
};

}  // namespace dispatch

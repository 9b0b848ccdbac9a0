#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace dispatch {

/// What each file of a program is for, to find one that is read and written, or written for two purposes.
/// Files are compared by device and inode, so that links and other spellings of a path are seen. Only regular
/// files and named pipes are compared: any number may write to a terminal or to /dev/null. Files that are not
/// there yet are compared by their paths.
///
/// Every check looks at the files as they are then. Thread-safe once all are added.
class FileRoles {
 public:
  /// A file that is read; "-" is standard input. `what` as in "input", for messages.
  void add_input(std::string path, std::string_view what);

  /// A file that is written, whether it is there already or not. `remedy` says what to do where it is another
  /// file of this object: "name another with --rejects".
  void add_output(std::string path, std::string_view what, std::string_view remedy);

  /// Standard output and standard error, which may be one file.
  void add_standard_outputs();

  /// Misuse that names both where two files that must differ are one.
  Result<> check() const;

  /// The same for a file of these that has just been opened as `fd`: what the path led to at an earlier check
  /// may be another file by now.
  Result<> check_opened(int fd, std::string_view path) const;

 private:
  enum class Use { input, output, talk };
  struct File {
    Use use;
    std::string path;  ///< empty: `fd` is meant
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

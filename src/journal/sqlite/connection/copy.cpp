#include "journal/sqlite/connection/copy.hpp"

#include "base/system/fd.hpp"
#include "journal/sqlite/statements/statement.hpp"

#include <cerrno>
#include <cstdlib>
#include <string>

#include <SQLiteCpp/Database.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dispatch::journal {

namespace {

tl::unexpected<Error> is_there_already(const std::filesystem::path& to) {
  return misuse("{} is there already and is not overwritten; name another file", to.string());
}

/// A file that is removed again unless it gets its name.
class PartialFile {
 public:
  static Result<PartialFile> make(const std::filesystem::path& to) {
    std::string path = to.string() + ".partial-XXXXXX";
    const Fd made{::mkostemp(path.data(), O_CLOEXEC)};  // with mode 0600
    if (!made) return fail("cannot create {}: {}; its directory must be writable", path, errno_text(errno));
    return PartialFile{std::move(path)};
  }
  PartialFile(PartialFile&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PartialFile& operator=(PartialFile&&) = delete;
  ~PartialFile() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }

  const std::string& path() const { return path_; }

  /// Durably; never in the place of another file.
  Result<> become(const std::filesystem::path& to) {
    DISPATCH_TRY(sync(path_));
    // A link, unlike a renaming, never takes the place of another file.
    if (::link(path_.c_str(), to.c_str()) != 0) {
      if (errno == EEXIST) return is_there_already(to);
      return fail("cannot name {} {}: {}", path_, to.string(), errno_text(errno));
    }
    ::unlink(path_.c_str());
    path_.clear();
    const auto directory = to.parent_path();
    return sync(directory.empty() ? "." : directory.string());
  }

 private:
  explicit PartialFile(std::string path) : path_(std::move(path)) {}

  static Result<> sync(const std::string& path) {
    const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (!file || ::fsync(file.get()) != 0) return fail("cannot sync {}: {}", path, errno_text(errno));
    return {};
  }

  std::string path_;
};

}  // namespace

Result<> write_copy(SQLite::Database& source, const std::filesystem::path& to) {
  struct stat there {};
  if (::lstat(to.c_str(), &there) == 0) return is_there_already(to);
  DISPATCH_ASSIGN(auto partial, PartialFile::make(to));
  source.exec("PRAGMA query_only = 0");  // it forbids to write the copy as well
  Statement{source, "VACUUM INTO ?"}.run(std::string_view{partial.path()});
  return partial.become(to);
}

}  // namespace dispatch::journal

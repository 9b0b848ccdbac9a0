#include "journal/sqlite/files/private_files.hpp"

#include "base/system/fd.hpp"
#include "journal/sqlite/files/companion.hpp"

#include <cerrno>
#include <optional>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dispatch::journal {

namespace {

constexpr mode_t private_mode = 0600;
constexpr mode_t of_others = 0077;

tl::unexpected<Error> of_another_user(const std::filesystem::path& file, uid_t owner) {
  return unavailable(
      "{} belongs to the user of number {}, and this process runs as {}; run as the owner of the journal, or "
      "name another with --journal",
      file.string(), owner, ::geteuid());
}

/// What becomes of a file that others may use.
class Modes {
 public:
  explicit Modes(const Notice& notice) : notice_(notice) {}

  template <class Change>
  Result<> narrow(const std::filesystem::path& file, mode_t mode, Change change) const {
    if ((mode & of_others) == 0) return {};
    if (!notice_)
      return unavailable("{} has mode {:04o}, so that other users can access it; run: chmod 600 {}",
                         file.string(), mode & 07777, file.string());
    DISPATCH_TRY(change());
    notice_(fmt::format("{} had mode {:04o}, so that other users could access it; it has {:04o} now",
                        file.string(), mode & 07777, private_mode));
    return {};
  }

 private:
  const Notice& notice_;
};

/// What is no regular file is refused by what opens it.
template <class Change>
Result<> narrow_beside(const Modes& modes, const std::filesystem::path& path, const struct stat& status,
                       Change change) {
  if (!S_ISREG(status.st_mode)) return {};
  return modes.narrow(path, status.st_mode, [&]() -> Result<> {
    if (change() == 0) return {};
    return fail("cannot change the mode of {}: {}; run: chmod 600 {}", path.string(), errno_text(errno),
                path.string());
  });
}

/// The file that was looked at is the one that is changed, whatever is put in its place meanwhile.
Result<> check_lock_file(const Modes& modes, const std::filesystem::path& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return {};
  return narrow_beside(modes, path, status, [&] { return ::fchmod(file.get(), private_mode); });
}

}  // namespace

Result<> check_owner(const std::filesystem::path& journal, const DatabaseFile& file) {
  DISPATCH_ASSIGN(const auto status, file.status());
  if (status.st_uid != ::geteuid()) return of_another_user(journal, status.st_uid);
  for (const auto suffix : {wal_suffix, shm_suffix, lock_suffix}) {
    const auto path = companion(journal, suffix);
    struct stat beside {};
    if (::lstat(path.c_str(), &beside) != 0 || !S_ISREG(beside.st_mode)) continue;
    if (beside.st_uid != ::geteuid()) return of_another_user(path, beside.st_uid);
  }
  return {};
}

Result<> check_private(const std::filesystem::path& journal, const DatabaseFile& file, const Notice& notice) {
  const Modes modes{notice};
  DISPATCH_ASSIGN(const auto status, file.status());
  if (status.st_size == 0) {  // no journal yet, so that nobody has seen anything
    DISPATCH_TRY(file.set_mode(private_mode));
  } else {
    DISPATCH_TRY(modes.narrow(journal, status.st_mode, [&] { return file.set_mode(private_mode); }));
  }

  // By name, as closing a descriptor would drop the locks that SQLite has on the file.
  for (const auto suffix : {wal_suffix, shm_suffix}) {
    const auto path = companion(journal, suffix);
    struct stat beside {};
    if (::lstat(path.c_str(), &beside) != 0) continue;
    DISPATCH_TRY(narrow_beside(modes, path, beside, [&] { return ::chmod(path.c_str(), private_mode); }));
  }
  return check_lock_file(modes, companion(journal, lock_suffix));
}

}  // namespace dispatch::journal

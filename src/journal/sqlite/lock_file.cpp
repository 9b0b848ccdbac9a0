#include "journal/sqlite/lock_file.hpp"

#include <cerrno>
#include <system_error>

#include <fcntl.h>

namespace dispatch::journal {

namespace {

struct flock range(LockFile::Byte byte, short type) {
  struct flock range {};  // l_pid must be 0 for an open file description lock
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(byte);
  range.l_len = 1;
  return range;
}

std::filesystem::path beside(const std::filesystem::path& journal) {
  // Two names of one journal must lead to one lock.
  std::error_code unresolved;
  std::filesystem::path path = std::filesystem::weakly_canonical(journal, unresolved);
  if (unresolved) path = journal;
  path += ".gate";
  return path;
}

}  // namespace

Result<LockFile> LockFile::open(const std::filesystem::path& journal) {
  std::filesystem::path path = beside(journal);
  Fd fd{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
  if (!fd) {
    return fail("cannot open the journal's lock file {}: {}; the directory of the journal must be writable",
                path.string(), errno_text(errno));
  }
  return LockFile{std::move(fd), std::move(path)};
}

Result<bool> LockFile::is_locked(const std::filesystem::path& journal, Byte byte) {
  const auto path = beside(journal);
  const Fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd) {
    if (errno == ENOENT) return false;
    return fail("cannot open the journal's lock file {}: {}", path.string(), errno_text(errno));
  }
  struct flock asked = range(byte, F_WRLCK);
  if (::fcntl(fd.get(), F_OFD_GETLK, &asked) != 0) {
    return fail("cannot ask for the lock on {}: {}", path.string(), errno_text(errno));
  }
  return asked.l_type != F_UNLCK;
}

Result<> LockFile::lock(Byte byte) {
  struct flock wanted = range(byte, F_WRLCK);
  while (::fcntl(fd_.get(), F_OFD_SETLKW, &wanted) != 0) {
    if (errno != EINTR) return fail("cannot lock {}: {}", path_.string(), errno_text(errno));
  }
  return {};
}

Result<bool> LockFile::try_lock(Byte byte) {
  struct flock wanted = range(byte, F_WRLCK);
  if (::fcntl(fd_.get(), F_OFD_SETLK, &wanted) == 0) return true;
  if (errno == EAGAIN || errno == EACCES) return false;
  return fail("cannot lock {}: {}", path_.string(), errno_text(errno));
}

void LockFile::unlock(Byte byte) noexcept {
  struct flock given_back = range(byte, F_UNLCK);
  ::fcntl(fd_.get(), F_OFD_SETLK, &given_back);
}

}  // namespace dispatch::journal

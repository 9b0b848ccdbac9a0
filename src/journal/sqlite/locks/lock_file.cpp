#include "journal/sqlite/locks/lock_file.hpp"

#include "base/system/call_timeout.hpp"
#include "journal/sqlite/files/companion.hpp"
#include "journal/sqlite/files/files_in_place.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>

#include <fcntl.h>
#include <unistd.h>

namespace dispatch::journal {

namespace {

constexpr std::size_t pid_columns = 12;  // a line: spaces, digits and its end

struct flock range(LockFile::Byte byte, short type) {
  struct flock range {};  // l_pid must be 0 for an open file description lock
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = static_cast<off_t>(byte);
  range.l_len = 1;
  return range;
}

/// Opens the lock file, and nothing that somebody else has put in its place: no link, and no pipe that an
/// open waits for.
Fd open_no_other(const std::filesystem::path& path, int flags) {
  return Fd{::open(path.c_str(), flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600)};
}

tl::unexpected<Error> cannot_open(const std::filesystem::path& path, int error) {
  if (error == ELOOP)
    return unavailable(
        "the journal's lock file {} is a symbolic link; it must be a file of its own: remove the link while "
        "nobody uses the journal",
        path.string());
  return fail("cannot open the journal's lock file {}: {}; the directory of the journal must be writable",
              path.string(), errno_text(error));
}

}  // namespace

Result<LockFile> LockFile::open(const std::filesystem::path& journal) {
  std::filesystem::path path = companion(journal, lock_suffix);
  Fd fd = open_no_other(path, O_RDWR | O_CREAT);
  if (!fd) return cannot_open(path, errno);
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0)
    return fail("cannot look at the journal's lock file {}: {}", path.string(), errno_text(errno));
  if (!S_ISREG(status.st_mode))
    return unavailable("the journal's lock file {} is not a regular file; remove it", path.string());
  return LockFile{std::move(fd), FileIdentity::of(status), std::move(path), journal};
}

Result<> LockFile::check_in_place() const {
  return journal::check_in_place(path_, identity_, journal_);
}

void LockFile::write_pid() const noexcept {
  // In one write of a fixed length, so that nobody reads half of one.
  std::array<char, pid_columns + 1> text{};
  std::snprintf(text.data(), text.size(), "%*d\n", static_cast<int>(pid_columns) - 1,
                static_cast<int>(::getpid()));
  if (::pwrite(fd_.get(), text.data(), pid_columns, 0) == static_cast<ssize_t>(pid_columns)) return;
  [[maybe_unused]] const int emptied = ::ftruncate(fd_.get(), 0);
}

std::optional<std::int64_t> LockFile::read_pid(const std::filesystem::path& journal) {
  const Fd fd = open_no_other(companion(journal, lock_suffix), O_RDONLY);
  std::array<char, pid_columns> text{};
  if (!fd || ::pread(fd.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size()))
    return std::nullopt;
  const auto* const begin = std::find_if(text.begin(), text.end(), [](char c) { return c != ' '; });
  std::int64_t pid = 0;
  const auto [end, error] = std::from_chars(begin, text.end(), pid);
  if (error != std::errc{} || pid <= 0) return std::nullopt;
  return pid;
}

Result<bool> LockFile::is_locked(const std::filesystem::path& journal, Byte byte) {
  const auto path = companion(journal, lock_suffix);
  const Fd fd = open_no_other(path, O_RDONLY);
  if (!fd) {
    if (errno == ENOENT) return false;
    if (errno == ELOOP) return cannot_open(path, errno);
    return fail("cannot open the journal's lock file {}: {}", path.string(), errno_text(errno));
  }
  struct flock asked = range(byte, F_WRLCK);
  if (::fcntl(fd.get(), F_OFD_GETLK, &asked) != 0) {
    return fail("cannot ask for the lock on {}: {}", path.string(), errno_text(errno));
  }
  return asked.l_type != F_UNLCK;
}

Result<bool> LockFile::lock_within(Byte byte, std::chrono::milliseconds patience) {
  struct flock wanted = range(byte, F_WRLCK);
  const CallTimeout timeout{patience};
  if (::fcntl(fd_.get(), F_OFD_SETLKW, &wanted) == 0) return true;
  if (errno == EINTR) return false;
  return fail("cannot lock {}: {}", path_.string(), errno_text(errno));
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

#include "journal/sqlite/files/partial_file.hpp"

#include "journal/sqlite/files/file_identity.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dispatch::journal {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view partial_infix = ".dispatch-partial-";
constexpr std::string_view former_infix = ".partial-";  ///< of earlier programs
constexpr std::size_t random_characters = 6;
constexpr std::string_view rollback_suffix = "-journal";
/// The byte of a partial file that its process locks, far above the file's end and SQLite's locks.
constexpr off_t living_byte = off_t{1} << 61;

/// Takes an exclusive open file description lock on the bytes, if no other lock is there. `count` 0 is all.
bool try_lock_bytes(int descriptor, off_t first, off_t count) {
  struct flock wanted {};
  wanted.l_type = F_WRLCK;
  wanted.l_whence = SEEK_SET;
  wanted.l_start = first;
  wanted.l_len = count;
  return ::fcntl(descriptor, F_OFD_SETLK, &wanted) == 0;
}

/// As mkstemp(3) chooses them.
bool is_random(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool is_partial_name(std::string_view name, const std::string& target) {
  if (name.size() <= random_characters) return false;
  const auto random = name.substr(name.size() - random_characters);
  if (!std::all_of(random.begin(), random.end(), is_random)) return false;
  const auto begin = name.substr(0, name.size() - random_characters);
  return begin.ends_with(partial_infix) || begin == target + std::string{former_infix};
}

void remove_with_journal(const std::string& path) {
  ::unlink(path.c_str());
  ::unlink((path + std::string{rollback_suffix}).c_str());
}

/// No process that lives has a lock on it; another that removes it at the same time does no harm.
void remove_if_abandoned(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)};
  struct stat status {};
  if (!file || ::fstat(file.get(), &status) != 0) return;
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid()) return;
  if (try_lock_bytes(file.get(), 0, 0)) remove_with_journal(path);
}

/// What cannot be seen or removed stays.
void remove_abandoned(const fs::path& directory, const std::string& target) {
  std::error_code unread;
  fs::directory_iterator entries{directory, unread};
  for (; !unread && entries != fs::directory_iterator{}; entries.increment(unread))
    if (is_partial_name(entries->path().filename().string(), target))
      remove_if_abandoned(entries->path().string());
}

fs::path directory_of(const fs::path& file) {
  return file.has_parent_path() ? file.parent_path() : fs::path{"."};
}

/// Never takes the place of another file. Some file systems cannot rename so (EINVAL), and others have no
/// links.
bool rename_to_new(const std::string& path, const std::string& to) {
  if (::renameat2(AT_FDCWD, path.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  if (::link(path.c_str(), to.c_str()) != 0) return false;
  ::unlink(path.c_str());
  return true;
}

Result<> sync_file(const std::string& path) {
  const Fd file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!file || ::fsync(file.get()) != 0) return fail("cannot sync {}: {}", path, errno_text(errno));
  return {};
}

}  // namespace

Result<PartialFile> PartialFile::make(const fs::path& to) {
  remove_abandoned(directory_of(to), to.filename().string());
  constexpr int tries = 100;
  for (int i = 0; i < tries; ++i) {
    std::string path = to.string() + std::string{partial_infix} + std::string(random_characters, 'X');
    Fd file{::mkostemp(path.data(), O_CLOEXEC)};
    if (!file)
      return fail("cannot create {}: {}; its directory must exist and be writable", path, errno_text(errno));
    // Before it was locked, another process may have taken it for one that was left.
    const bool locked = try_lock_bytes(file.get(), living_byte, 1);
    struct stat status {};
    if (locked && ::fstat(file.get(), &status) == 0 && FileIdentity::of(path) == FileIdentity::of(status))
      return PartialFile{std::move(path), std::move(file)};
    ::unlink(path.c_str());
  }
  return fail("cannot lock a file beside {}: its file system has no locks; name another place", to.string());
}

PartialFile::~PartialFile() {
  if (!path_.empty()) remove_with_journal(path_);
}

Result<> PartialFile::become(const fs::path& to) {
  DISPATCH_TRY(sync_file(path_));
  if (!rename_to_new(path_, to.string())) {
    if (errno == EEXIST) return misuse("{} exists and is not overwritten; name another file", to.string());
    return fail("cannot name {} {}: {}", path_, to.string(), errno_text(errno));
  }
  path_.clear();
  return sync_file(directory_of(to).string());
}

}  // namespace dispatch::journal

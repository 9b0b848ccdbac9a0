#include "journal/sqlite/files/database_file.hpp"

#include "base/system/fd.hpp"
#include "journal/sqlite/files/companion.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <map>
#include <mutex>
#include <tuple>
#include <utility>
#include <vector>

#include <fcntl.h>

namespace dispatch::journal {

namespace {

/// A file that this process has open.
struct OpenFile {
  /// The first is used. More where the file got the name that was opened between the look and the opening:
  /// closing one would drop the process's locks.
  std::vector<Fd> descriptors;
  int objects = 0;
  std::optional<off_t> name;  ///< the byte that is locked
};

/// The one place of the program that belongs to the process and not to an object: so do the locks it guards.
struct OpenFiles {
  std::mutex mutex;
  std::map<FileIdentity, OpenFile> files;
};

OpenFiles& of_this_process() {
  static OpenFiles files;
  return files;
}

// SQLite locks bytes from 1 GiB on (PENDING_BYTE in os.h), 512 of them.
static_assert(sizeof(off_t) == 8);
constexpr off_t names_begin = off_t{1} << 61;
constexpr off_t names_end = off_t{1} << 62;

/// Two names have one byte only by a chance of one in 2^61.
off_t byte_of(const FileIdentity& lock_file) {
  // splitmix64, of Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014
  std::uint64_t bits = lock_file.inode + 0x9e3779b97f4a7c15U * (lock_file.device + 1);
  bits = (bits ^ (bits >> 30U)) * 0xbf58476d1ce4e5b9U;
  bits = (bits ^ (bits >> 27U)) * 0x94d049bb133111ebU;
  bits ^= bits >> 31U;
  return names_begin + static_cast<off_t>(bits % static_cast<std::uint64_t>(names_end - names_begin));
}

struct flock range(off_t first, off_t end, short type) {
  struct flock range {};  // l_pid must be 0 for an open file description lock
  range.l_type = type;
  range.l_whence = SEEK_SET;
  range.l_start = first;
  range.l_len = end - first;
  return range;
}

/// True where another open file description has a lock between the two. An empty range has none.
Result<bool> is_locked(int descriptor, off_t first, off_t end, const std::filesystem::path& path) {
  if (first == end) return false;
  struct flock asked = range(first, end, F_WRLCK);
  if (::fcntl(descriptor, F_OFD_GETLK, &asked) != 0)
    return fail("cannot ask for locks on journal {}: {}", path.string(), errno_text(errno));
  return asked.l_type != F_UNLCK;
}

}  // namespace

tl::unexpected<Error> in_use_under_another_name(const std::filesystem::path& path) {
  return unavailable(
      "journal {} is in use under another name, or its lock file {} was replaced while it is in use; "
      "end what uses it, and use one name for it, see dispatch-operating(7)",
      path.string(), companion(path, lock_suffix).string());
}

Result<DatabaseFile> DatabaseFile::open(const std::filesystem::path& path) {
  OpenFiles& open = of_this_process();
  const std::scoped_lock lock{open.mutex};
  if (const auto there = FileIdentity::of(path)) {
    if (const auto known = open.files.find(*there); known != open.files.end()) {
      ++known->second.objects;
      return DatabaseFile{path, *there};
    }
  }
  // A pipe is not to be waited for.
  Fd descriptor{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (!descriptor)
    return fail("cannot open journal {}: {}; check the path and who may read and write it", path.string(),
                errno_text(errno));
  struct stat status {};
  if (::fstat(descriptor.get(), &status) != 0)
    return fail("cannot look at journal {}: {}", path.string(), errno_text(errno));
  if (!S_ISREG(status.st_mode))
    return unavailable("journal {} is not a regular file; name another with --journal", path.string());
  const auto identity = FileIdentity::of(status);
  OpenFile& file = open.files[identity];
  file.descriptors.push_back(std::move(descriptor));
  ++file.objects;
  return DatabaseFile{path, identity};
}

DatabaseFile::DatabaseFile(DatabaseFile&& other) noexcept
    : path_(std::move(other.path_)),
      identity_(other.identity_),
      is_open_(std::exchange(other.is_open_, false)) {}

DatabaseFile& DatabaseFile::operator=(DatabaseFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(identity_, other.identity_);
  std::swap(is_open_, other.is_open_);
  return *this;
}

DatabaseFile::~DatabaseFile() {
  if (!is_open_) return;
  OpenFiles& open = of_this_process();
  const std::scoped_lock lock{open.mutex};  // while it is closed too, so that nobody opens it meanwhile
  const auto file = open.files.find(identity_);
  if (--file->second.objects == 0) open.files.erase(file);
}

Result<struct stat> DatabaseFile::status() const {
  struct stat status {};
  if (::fstat(descriptor(), &status) != 0)
    return fail("cannot look at journal {}: {}", path_.string(), errno_text(errno));
  return status;
}

bool DatabaseFile::is_mount_point() const {
  struct statx status {};
  if (::statx(AT_FDCWD, path_.c_str(), 0, STATX_BASIC_STATS, &status) != 0) return false;
  return (status.stx_attributes_mask & status.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

Result<> DatabaseFile::set_mode(mode_t mode) const {
  if (::fchmod(descriptor(), mode) == 0) return {};
  return fail("cannot change the mode of journal {}: {}; run: chmod {:o} {}", path_.string(),
              errno_text(errno), mode, path_.string());
}

int DatabaseFile::descriptor() const {
  OpenFiles& open = of_this_process();
  const std::scoped_lock lock{open.mutex};
  return open.files.at(identity_).descriptors.front().get();
}

Result<std::string> DatabaseFile::read(off_t at, std::size_t count) const {
  std::string bytes(count, '\0');
  const ssize_t there = ::pread(descriptor(), bytes.data(), count, at);
  if (there < 0) return fail("cannot read journal {}: {}", path_.string(), errno_text(errno));
  bytes.resize(static_cast<std::size_t>(there));
  return bytes;
}

Result<bool> DatabaseFile::is_without_log() const {
  // The versions of the file format for writing and reading: 1 with a rollback journal, 2 with a log.
  DISPATCH_ASSIGN(const auto versions, read(18, 2));
  return versions.empty() || versions == "\x01\x01";
}

bool DatabaseFile::is_in_use() const {
  OpenFiles& open = of_this_process();
  const std::scoped_lock lock{open.mutex};
  const OpenFile& file = open.files.at(identity_);
  if (file.name) return true;
  // Where nobody can say it, it counts as in use: that is when nothing is to be done.
  return is_locked(file.descriptors.front().get(), names_begin, names_end, path_).value_or(true);
}

Result<DatabaseFile::Use> DatabaseFile::use_of_name(const std::optional<FileIdentity>& lock_file) const {
  OpenFiles& open = of_this_process();
  const std::scoped_lock lock{open.mutex};
  const OpenFile& file = open.files.at(identity_);
  // Without a lock file the name is one that nobody uses.
  const off_t name = lock_file ? byte_of(*lock_file) : names_end;
  if (file.name) return file.name == name ? Use::this_name : Use::another_name;

  const int descriptor = file.descriptors.front().get();
  const off_t after = std::min(name + 1, names_end);
  for (const auto& [first, end, use] :
       {std::tuple{names_begin, name, Use::another_name}, std::tuple{after, names_end, Use::another_name},
        std::tuple{name, after, Use::this_name}}) {
    DISPATCH_ASSIGN(const auto locked, is_locked(descriptor, first, end, path_));
    if (locked) return use;
  }
  return Use::none;
}

Result<> DatabaseFile::claim_name(const FileIdentity& lock_file) const {
  OpenFiles& open = of_this_process();
  const std::scoped_lock lock{open.mutex};
  OpenFile& file = open.files.at(identity_);
  const off_t name = byte_of(lock_file);
  if (file.name == name) return {};
  if (file.name) return in_use_under_another_name(path_);

  const int descriptor = file.descriptors.front().get();
  struct flock mine = range(name, name + 1, F_RDLCK);
  if (::fcntl(descriptor, F_OFD_SETLK, &mine) != 0)
    return fail("cannot lock journal {}: {}; put the journal on a local disk with --journal", path_.string(),
                errno_text(errno));
  // First locked, then looked: of two that come at once under two names one at least sees the other.
  for (const auto& [first, end] : {std::pair{names_begin, name}, std::pair{name + 1, names_end}}) {
    const auto other = is_locked(descriptor, first, end, path_);
    if (other && !*other) continue;
    struct flock given_back = range(name, name + 1, F_UNLCK);
    ::fcntl(descriptor, F_OFD_SETLK, &given_back);
    return other ? Result<>{in_use_under_another_name(path_)} : tl::unexpected(other.error());
  }
  file.name = name;
  return {};
}

}  // namespace dispatch::journal

#include "metrics/text_file.hpp"

#include "base/fail_point.hpp"
#include "base/system/fd.hpp"

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dispatch::metrics {
namespace {

/// Removes a file unless it has got its name.
class Unfinished {
 public:
  explicit Unfinished(const std::string& path) : path_(path) {}
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() {
    if (!finished_) ::unlink(path_.c_str());
  }
  void finish() { finished_ = true; }

 private:
  const std::string& path_;
  bool finished_ = false;
};

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// A pipe, a device or a link would not be written but lose its name.
Result<> check_replaceable(const std::string& path) {
  struct stat there {};
  if (::lstat(path.c_str(), &there) != 0 || S_ISREG(there.st_mode)) return {};
  return fail("cannot replace {}: it is not a regular file; name a regular file or a new one", path);
}

std::string directory_of(const std::string& path) {
  auto directory = std::filesystem::path{path}.parent_path();
  return directory.empty() ? "." : directory.string();
}

/// A new file beside `path`, under a name that nobody can guess. Whatever has that name already, a link or a
/// pipe of somebody else's as well, is neither opened nor followed.
struct NewFile {
  Fd fd;
  std::string name;
  bool has_name;  ///< false: it gets the name from get_name()

  std::string in_proc() const { return fmt::format("/proc/self/fd/{}", fd.get()); }
  bool get_name() const {
    if (has_name) return true;
    return ::linkat(AT_FDCWD, in_proc().c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0;
  }
};

/// Without a name where the file system and /proc allow: then a process that is killed leaves nothing.
std::optional<NewFile> create_nameless(const std::string& path, const std::string& name) {
  NewFile made{Fd{::open(directory_of(path).c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666)}, name, false};
  if (!made.fd || ::access(made.in_proc().c_str(), F_OK) != 0) return std::nullopt;
  return made;
}

Result<NewFile> create_beside(const std::string& path) {
  std::uint64_t chance = 0;
  if (::getrandom(&chance, sizeof chance, 0) != sizeof chance)
    return fail("cannot get random bytes for the name of a new file: {}", errno_text(errno));
  auto name = fmt::format("{}.{:016x}.tmp", path, chance);
  if (auto made = create_nameless(path, name)) return *std::move(made);
  Fd fd{::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666)};
  if (!fd) return fail("cannot create {}: {}", name, errno_text(errno));
  return NewFile{std::move(fd), std::move(name), true};
}

Result<> sync_directory_of(const std::string& path) {
  const Fd fd{::open(directory_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!fd || ::fsync(fd.get()) != 0)
    return fail("cannot make the name of {} durable: {}", path, errno_text(errno));
  return {};
}

}  // namespace

Result<> replace_file(const std::string& path, std::string_view text) {
  DISPATCH_TRY(check_replaceable(path));
  DISPATCH_ASSIGN(const auto made, create_beside(path));
  const Fd& fd = made.fd;
  const std::string& beside = made.name;
  const auto cannot = [&](const char* do_what) {
    return fail("cannot {} {}: {}", do_what, beside, errno_text(errno));
  };
  std::optional<Unfinished> unfinished;
  if (made.has_name) unfinished.emplace(beside);
  const auto half = text.size() / 2;
  if (!write_all(fd.get(), text.substr(0, half))) return cannot("write");
  fail_point(FailPoint::metrics_half_written);
  if (!write_all(fd.get(), text.substr(half))) return cannot("write");
  if (::fsync(fd.get()) != 0) return cannot("sync");
  fail_point(FailPoint::metrics_written);
  if (!made.get_name()) return cannot("create");
  if (!unfinished) unfinished.emplace(beside);
  if (::rename(beside.c_str(), path.c_str()) != 0) return cannot("rename");
  unfinished->finish();
  fail_point(FailPoint::metrics_replaced);
  return sync_directory_of(path);
}

}  // namespace dispatch::metrics

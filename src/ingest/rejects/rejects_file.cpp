#include "ingest/rejects/rejects_file.hpp"

#include <cerrno>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace dispatch::ingest {
namespace {

constexpr std::size_t buffer_most = std::size_t{256} * 1024;

/// Opens the file to append to it. A link is not followed, as another user may have put it there, and the
/// opening of a pipe does not wait for a reader.
Result<Fd> open_to_append(const std::string& path) {
  const auto cannot = [&](std::string_view why) {
    return fail("cannot open {} for the rejected lines: {}; --rejects names another file", path, why);
  };
  Fd file{open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
               S_IRUSR | S_IWUSR)};
  if (!file && errno == ELOOP) return cannot("it is a symbolic link, which is not followed");
  if (!file && errno == ENXIO) return cannot("nobody reads from this pipe");
  if (!file) return cannot(errno_text(errno));
  const int flags = fcntl(file.get(), F_GETFL);
  if (flags < 0 || fcntl(file.get(), F_SETFL, flags & ~O_NONBLOCK) != 0) return cannot(errno_text(errno));
  return file;
}

/// A file that a crash left in the middle of a record must not swallow the next one.
bool ends_in_mid_line(const std::string& path) {
  const Fd file{open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  struct stat status {};
  char last = '\n';
  if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0)
    return false;
  return pread(file.get(), &last, 1, status.st_size - 1) == 1 && last != '\n';
}

}  // namespace

RejectsFile::RejectsFile(std::string path, RejectLimits most, const FileRoles* files)
    : path_(std::move(path)), most_(most), files_(files) {}

Result<std::size_t> RejectsFile::keep(std::span<const Reject> rejects) {
  std::size_t kept = 0;
  for (const Reject& reject : rejects) {
    if (!has_room_for(reject)) break;
    DISPATCH_TRY(write(reject));
    ++kept;
  }
  return kept;
}

Result<> RejectsFile::write(const Reject& reject) {
  if (path_.empty()) return {};
  records_.write(reject);
  text_bytes_ += reject.origin.text.size();
  if (reject.last) ++lines_;
  return records_.text().size() >= buffer_most ? put_out() : Result<>{};
}

bool RejectsFile::has_room_for(const Reject& reject) const {
  return path_.empty() || (lines_ < most_.lines && text_bytes_ + reject.origin.text.size() <= most_.bytes);
}

Result<> RejectsFile::flush() {
  DISPATCH_TRY(put_out());
  if (!unsynced_) return {};
  // What is no regular file (a terminal, a pipe) says EINVAL: there is no disk to bring it to.
  if (fsync(file_.get()) != 0 && errno != EINVAL && errno != EROFS)
    return fail("cannot sync the rejected lines in {}: {}; make room and run again", path_,
                errno_text(errno));
  unsynced_ = false;
  return {};
}

Result<> RejectsFile::finish() {
  records_.finish();
  return flush();
}

Result<> RejectsFile::put_out() {
  std::string& text = records_.text();
  if (text.empty()) return {};
  if (!file_) {
    DISPATCH_ASSIGN(auto opened, open_to_append(path_));
    if (files_ != nullptr) DISPATCH_TRY(files_->check_opened(opened.get(), path_));
    file_ = std::move(opened);
    if (ends_in_mid_line(path_)) text.insert(text.begin(), '\n');
  }
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t put = ::write(file_.get(), rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0)
      return fail("cannot write the rejected lines to {}: {}; make room and run again", path_,
                  errno_text(errno));
    rest.remove_prefix(static_cast<std::size_t>(put));
    unsynced_ = true;
  }
  text.clear();
  return {};
}

}  // namespace dispatch::ingest

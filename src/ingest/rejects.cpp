#include "ingest/rejects.hpp"

#include "base/base64.hpp"
#include "base/json.hpp"
#include "base/utf8.hpp"

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

/// How many bytes at the end of `text` begin a sequence of UTF-8 that the next piece may complete: 0 to 3.
std::size_t open_sequence(std::string_view text) {
  for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xC0) == 0x80) continue;
    const std::size_t length = byte > 0xF4 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}

/// True where JSON spells the bytes without spending six on one: UTF-8, and no control characters but tabs
/// and the ends of lines, which elements of JSON documents hold. Other bytes take four thirds of their size
/// in base64; as escapes a line of NULs would take six times its size.
bool is_plain_text(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if ((byte < 0x20 && byte != '\t' && byte != '\r' && byte != '\n') || byte == 0x7F) return false;
    const bool high_control =
        byte == 0xC2 && at + 1 < text.size() && static_cast<unsigned char>(text[at + 1]) < 0xA0;
    if (high_control) return false;
  }
  return is_utf8(text);
}

/// `text` as it stands inside a JSON string.
void append_escaped(std::string& out, std::string_view text) {
  std::string string;
  append_json_string(string, text);
  out += std::string_view{string}.substr(1, string.size() - 2);
}

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

std::string describe(const Reject& reject) {
  const std::string_view given = *reject.line.file;
  const std::string_view file = given == "-" ? "standard input" : given;
  const auto element =
      reject.line.element > 0 ? fmt::format(", element {}", reject.line.element) : std::string{};
  return fmt::format("{}, line {}{}: {}", file, reject.line.line, element, reject.reason);
}

RejectsFile::RejectsFile(std::string path, const FileRoles* files) : path_(std::move(path)), files_(files) {}

Result<> RejectsFile::write(const Reject& reject) {
  if (reject.first && open_ != Open::none) end();
  if (open_ == Open::none) begin(reject);
  add(reject.line.text, reject.last);
  if (reject.last) end();
  return buffer_.size() >= buffer_most ? put_out() : Result<>{};
}

Result<> RejectsFile::flush() {
  DISPATCH_TRY(put_out());
  if (!unsynced_) return {};
  // What is no regular file (a terminal, a pipe) says EINVAL: there is no disk to bring it to.
  if (fsync(file_.get()) != 0 && errno != EINVAL && errno != EROFS)
    return fail("cannot bring the rejected lines in {} to the disk: {}; make room and run again", path_,
                errno_text(errno));
  unsynced_ = false;
  return {};
}

Result<> RejectsFile::finish() {
  if (open_ != Open::none) end();
  return flush();
}

void RejectsFile::begin(const Reject& reject) {
  ++lines_;
  buffer_ += "{\"file\":";
  append_json_string(buffer_, *reject.line.file);
  buffer_ += fmt::format(",\"line\":{},\"reason\":", reject.line.line);
  append_json_string(buffer_, reject.reason);
  open_ = Open::record;
}

void RejectsFile::add(std::string_view piece, bool last) {
  std::string joined;
  if (!carry_.empty()) {
    joined = std::exchange(carry_, {});
    joined += piece;
    piece = joined;
  }
  if (open_ != Open::base64) {
    const std::size_t held = last ? 0 : open_sequence(piece);
    const auto text = piece.substr(0, piece.size() - held);
    if (is_plain_text(text)) {
      if (open_ == Open::record) buffer_ += ",\"text\":\"";
      open_ = Open::text;
      append_escaped(buffer_, text);
      carry_ = piece.substr(text.size());
      return;
    }
    buffer_ += open_ == Open::record ? ",\"text_base64\":\"" : "\",\"rest_base64\":\"";
    open_ = Open::base64;
  }
  const std::size_t held = last ? 0 : piece.size() % 3;
  append_base64(buffer_, piece.substr(0, piece.size() - held));
  carry_ = piece.substr(piece.size() - held);
}

void RejectsFile::end() {
  if (!carry_.empty()) add({}, true);
  buffer_ += "\"}\n";
  open_ = Open::none;
}

Result<> RejectsFile::put_out() {
  if (buffer_.empty()) return {};
  if (!file_) {
    auto opened = open_to_append(path_);
    if (!opened) return tl::unexpected(std::move(opened).error());
    if (files_ != nullptr) DISPATCH_TRY(files_->check_opened(opened->get(), path_));
    file_ = std::move(*opened);
    if (ends_in_mid_line(path_)) buffer_.insert(buffer_.begin(), '\n');
  }
  std::string_view rest = buffer_;
  while (!rest.empty()) {
    const ssize_t put = ::write(file_.get(), rest.data(), rest.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0)
      return fail("cannot write the rejected lines to {}: {}; make room and run again", path_,
                  errno_text(errno));
    rest.remove_prefix(static_cast<std::size_t>(put));
    unsynced_ = true;
  }
  buffer_.clear();
  return {};
}

}  // namespace dispatch::ingest

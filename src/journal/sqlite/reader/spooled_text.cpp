#include "journal/sqlite/reader/spooled_text.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

namespace dispatch::journal::reading {

namespace {

constexpr std::size_t piece_bytes = 65'536;

std::filesystem::path directory() {
  std::error_code missing;
  auto path = std::filesystem::temp_directory_path(missing);
  return missing ? std::filesystem::path{"/tmp"} : path;
}

tl::unexpected<Error> cannot_keep(int error) {
  return fail("cannot keep a long text in a temporary file in {}: {}; name a directory with room in TMPDIR",
              directory().string(), errno_text(error));
}

/// With mode 0600, and without a name from the start.
Result<Fd> make_file() {
  std::string path = directory() / "dispatch-XXXXXX";
  Fd file{::mkostemp(path.data(), O_CLOEXEC)};
  if (!file) return cannot_keep(errno);
  ::unlink(path.c_str());
  return file;
}

}  // namespace

Result<> SpooledText::add(std::string_view text) {
  if (!file_) {
    const auto fits = std::min(text.size(), memory_most - begin_.size());
    begin_.append(text.substr(0, fits));
    text.remove_prefix(fits);
    if (text.empty()) return {};
    DISPATCH_ASSIGN(file_, make_file());
  }
  while (!text.empty()) {
    const auto written = ::pwrite(file_.get(), text.data(), text.size(), static_cast<off_t>(file_bytes_));
    if (written < 0) {
      if (errno == EINTR) continue;
      return cannot_keep(errno);
    }
    file_bytes_ += static_cast<std::size_t>(written);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<> SpooledText::each(const std::function<bool(std::string_view)>& each) const {
  if (!each(begin_)) return {};
  std::string piece;
  for (std::size_t at = 0; at < file_bytes_; at += piece.size()) {
    piece.resize(std::min(piece_bytes, file_bytes_ - at));
    const auto there = ::pread(file_.get(), piece.data(), piece.size(), static_cast<off_t>(at));
    if (there < 0 && errno != EINTR)
      return fail("cannot read the temporary file that keeps a long text: {}", errno_text(errno));
    if (there == 0) return fail("the temporary file that keeps a long text was cut off; try again");
    piece.resize(there < 0 ? 0 : static_cast<std::size_t>(there));
    if (!piece.empty() && !each(piece)) return {};
  }
  return {};
}

}  // namespace dispatch::journal::reading

#include "journal/sqlite/locks/lock_holder.hpp"

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace dispatch::journal {

namespace {

namespace fs = std::filesystem;

/// The entries of a directory that can be read; a process may end while it is looked at.
std::vector<fs::path> entries_of(const fs::path& directory) {
  std::vector<fs::path> paths;
  std::error_code gone;
  fs::directory_iterator entries{directory, fs::directory_options::skip_permission_denied, gone};
  for (; !gone && entries != fs::directory_iterator{}; entries.increment(gone))
    paths.push_back(entries->path());
  return paths;
}

/// Most names below /proc are process ids.
std::optional<std::int64_t> pid_in(const std::string& name) {
  std::int64_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc{} || end != name.data() + name.size()) return std::nullopt;
  return pid;
}

/// A line such as "lock:\t1: OFDLCK  ADVISORY  WRITE -1 fe:00:393218 1 1", which ends with the first and the
/// last byte.
bool tells_lock(const std::string& line, const std::string& byte) {
  if (!line.starts_with("lock:") || line.find("OFDLCK") == std::string::npos) return false;
  std::istringstream stream{line};
  std::string before_last, last;
  for (std::string word; stream >> word;) before_last = std::exchange(last, word);
  return before_last == byte && last == byte;
}

bool has_lock(const fs::path& descriptor_info, const std::string& byte) {
  std::ifstream info{descriptor_info};
  for (std::string line; std::getline(info, line);)
    if (tells_lock(line, byte)) return true;
  return false;
}

}  // namespace

std::optional<std::int64_t> holder_of(const FileIdentity& lock_file, LockFile::Byte byte) {
  const auto number = std::to_string(static_cast<off_t>(byte));
  for (const auto& process : entries_of("/proc")) {
    const auto pid = pid_in(process.filename().string());
    if (!pid) continue;
    for (const auto& descriptor : entries_of(process / "fd"))
      if (FileIdentity::of(descriptor) == lock_file &&
          has_lock(process / "fdinfo" / descriptor.filename(), number))
        return pid;
  }
  return std::nullopt;
}

}  // namespace dispatch::journal

#include "base/system/file_roles.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace dispatch {

/// Device and inode; both 0 where there is no file, or one that is not compared.
struct FileRoles::Identity {
  dev_t device = 0;
  ino_t inode = 0;

  static Identity of(const struct stat& status) {
    if (!S_ISREG(status.st_mode) && !S_ISFIFO(status.st_mode)) return {};
    return {status.st_dev, status.st_ino};
  }
  explicit operator bool() const { return inode != 0; }
  friend auto operator<=>(const Identity&, const Identity&) = default;
};

void FileRoles::add_input(std::string path, std::string_view what) {
  const bool standard_input = path == "-";
  files_.push_back({Use::input,
                    standard_input ? "" : std::move(path),
                    standard_input ? STDIN_FILENO : -1,
                    std::string{what},
                    {}});
}

void FileRoles::add_output(std::string path, std::string_view what, std::string_view remedy) {
  files_.push_back({Use::output, std::move(path), -1, std::string{what}, std::string{remedy}});
}

void FileRoles::add_standard_outputs() {
  files_.push_back({Use::talk, {}, STDOUT_FILENO, "standard output", "send standard output elsewhere"});
  files_.push_back({Use::talk, {}, STDERR_FILENO, "standard error", "send standard error elsewhere"});
}

FileRoles::Identity FileRoles::identity_of(const File& file) {
  if (file.path.empty()) return identity_of(file.fd);
  struct stat status {};
  return ::stat(file.path.c_str(), &status) == 0 ? Identity::of(status) : Identity{};
}

FileRoles::Identity FileRoles::identity_of(int fd) {
  struct stat status {};
  return ::fstat(fd, &status) == 0 ? Identity::of(status) : Identity{};
}

bool FileRoles::may_be_one(const File& a, const File& b) {
  return a.use == b.use && a.use != Use::output;
}

tl::unexpected<Error> FileRoles::one_file(const File& a, const File& b) {
  const auto name = [](const File& file) {
    if (!file.path.empty()) return file.what + " " + file.path;
    return file.use == Use::input ? std::string{"standard input"} : file.what;
  };
  return misuse("{} and {} are the same file; {}", name(a), name(b), b.remedy.empty() ? a.remedy : b.remedy);
}

/// Where the file will be; empty where it is there already, or is none that has a name.
std::string FileRoles::future_path(const File& file) {
  std::error_code error;
  if (file.path.empty() || std::filesystem::exists(file.path, error) || error) return {};
  auto path = std::filesystem::weakly_canonical(std::filesystem::absolute(file.path, error), error);
  return error ? std::string{} : path.string();
}

Result<> FileRoles::check() const {
  std::map<Identity, const File*> first_seen;
  std::map<std::string, const File*> first_to_be;
  for (const File& file : files_) {
    if (const auto path = future_path(file); !path.empty()) {
      const auto [seen, is_new] = first_to_be.emplace(path, &file);
      if (!is_new && !may_be_one(*seen->second, file)) return one_file(*seen->second, file);
    }
    const Identity identity = identity_of(file);
    if (!identity) continue;
    const auto [seen, is_new] = first_seen.emplace(identity, &file);
    if (!is_new && !may_be_one(*seen->second, file)) return one_file(*seen->second, file);
  }
  return {};
}

Result<> FileRoles::check_opened(int fd, std::string_view path) const {
  const Identity opened = identity_of(fd);
  if (!opened) return {};
  const File* own = nullptr;
  for (const File& file : files_)
    if (file.path == path || (path == "-" && file.fd == STDIN_FILENO)) own = &file;
  if (own == nullptr) return {};
  for (const File& file : files_)
    if (&file != own && !may_be_one(file, *own) && identity_of(file) == opened)
      return own->use == Use::input ? one_file(*own, file) : one_file(file, *own);
  return {};
}

}  // namespace dispatch

#include "bench/disk.hpp"

#include "base/system/fd.hpp"
#include "bench/median.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <unistd.h>

namespace dispatch::bench {
namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t pages_written = 5;  // as a commit of one event
constexpr std::size_t file_pages = 1024;
constexpr int syncs = 300;

void write_pages(const Fd& file, std::size_t first, std::size_t count) {
  static constexpr std::array<char, page> bytes{};
  for (std::size_t i = first; i < first + count; ++i)
    if (::pwrite(file.get(), bytes.data(), page, static_cast<off_t>(i * page)) != page)
      throw std::system_error{errno, std::generic_category(), "pwrite"};
}

void sync(const Fd& file) {
  if (::fdatasync(file.get()) != 0) throw std::system_error{errno, std::generic_category(), "fdatasync"};
}

}  // namespace

double fdatasync_seconds(const std::filesystem::path& directory) {
  const auto path = directory / "fdatasync";
  const Fd file{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  if (!file) throw std::system_error{errno, std::generic_category(), "cannot write " + path.string()};
  write_pages(file, 0, file_pages);
  sync(file);
  std::vector<double> took;
  for (int i = 0; i < syncs; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    write_pages(file, static_cast<std::size_t>(i) * pages_written % (file_pages - pages_written),
                pages_written);
    sync(file);
    took.push_back(std::chrono::duration<double>{std::chrono::steady_clock::now() - begin}.count());
  }
  std::filesystem::remove(path);
  return median(std::move(took));
}

}  // namespace dispatch::bench

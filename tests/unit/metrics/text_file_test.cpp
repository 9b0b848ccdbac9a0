#include "metrics/text_file.hpp"

#include "base/system/fd.hpp"
#include "support/disk/temp_dir.hpp"

#include <cstring>
#include <filesystem>
#include <iterator>
#include <set>
#include <string>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

using namespace dispatch::metrics;
using namespace dispatch::test;

namespace {

bool next_draw_is_zero = false;

}  // namespace

/// Stands before the C library's, so that a test can know a name before it is drawn.
extern "C" ssize_t getrandom(void* buffer, std::size_t size, unsigned flags) {
  if (!std::exchange(next_draw_is_zero, false)) return ::syscall(SYS_getrandom, buffer, size, flags);
  std::memset(buffer, 0, size);
  return static_cast<ssize_t>(size);
}

TEST_CASE("a file takes the place of the one before it and leaves nothing beside it") {
  const TempDir directory;
  const auto path = directory / "metrics.prom";
  REQUIRE(replace_file(path, "one\n"));
  CHECK(read_file(path) == "one\n");
  REQUIRE(replace_file(path, "another\n"));
  CHECK(read_file(path) == "another\n");
  const std::filesystem::directory_iterator entries{directory.path()};
  CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("a file that cannot be written says why and what was there stays") {
  const TempDir directory;
  const auto none = replace_file(directory / "none/metrics.prom", "x");
  REQUIRE_FALSE(none);
  CHECK(none.error().message.find("No such file or directory") != std::string::npos);

  const auto taken = directory / "taken";
  std::filesystem::create_directory(taken);
  CHECK_FALSE(replace_file(taken, "x"));
  CHECK(std::filesystem::is_directory(taken));
  const std::filesystem::directory_iterator entries{directory.path()};
  CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("what is no regular file keeps its name") {
  const TempDir directory;
  const auto link = directory / "link";
  std::filesystem::create_symlink("/dev/null", link);
  const auto refused = replace_file(link, "x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("not a regular file") != std::string::npos);
  CHECK(std::filesystem::is_symlink(link));
}

namespace {

/// The names that come up in a directory while `act` runs.
template <class Act>
std::set<std::string> created_in(const TempDir& directory, Act act) {
  const dispatch::Fd watch{::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)};
  REQUIRE(::inotify_add_watch(watch.get(), directory.path().c_str(), IN_CREATE) >= 0);
  act();
  alignas(inotify_event) char buffer[16384];
  std::set<std::string> names;
  for (ssize_t size; (size = ::read(watch.get(), buffer, sizeof buffer)) > 0;)
    for (const char* at = buffer; at < buffer + size;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(at);
      names.emplace(event.name);
      at += sizeof event + event.len;
    }
  return names;
}

}  // namespace

TEST_CASE("what is written first has another name each time and is a file of its own") {
  const TempDir directory;
  const auto names = created_in(directory, [&] {
    for (int i = 0; i < 50; ++i) REQUIRE(replace_file(directory / "metrics.prom", "x"));
  });
  CHECK(names.size() == 50);
  const auto pid = std::to_string(::getpid());
  for (const auto& name : names) {
    CHECK(name.starts_with("metrics.prom."));
    CHECK(name.size() == std::string{"metrics.prom.0123456789abcdef.tmp"}.size());
    CHECK(name != "metrics.prom." + pid + ".tmp");
  }
}

TEST_CASE("neither a link nor a pipe under the name that once was used is touched") {
  const TempDir directory;
  const auto path = directory / "metrics.prom";
  const auto once = path + "." + std::to_string(::getpid()) + ".tmp";
  directory.write("victim", "precious");
  std::filesystem::create_symlink(directory / "victim", once);
  REQUIRE(replace_file(path, "x"));
  CHECK(read_file(directory / "victim") == "precious");
  std::filesystem::remove(once);
  REQUIRE(::mkfifo(once.c_str(), 0600) == 0);
  REQUIRE(replace_file(path, "y"));
  CHECK(read_file(path) == "y");
}

TEST_CASE("what already has the name that was drawn is not touched") {
  const TempDir directory;
  const auto path = directory / "metrics.prom";
  directory.write("victim", "precious");
  std::filesystem::create_symlink(directory / "victim", path + ".0000000000000000.tmp");
  next_draw_is_zero = true;
  const auto refused = replace_file(path, "x");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.find("cannot create " + path) == 0);
  CHECK(read_file(directory / "victim") == "precious");
  CHECK(replace_file(path, "x"));
}

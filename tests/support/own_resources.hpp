#pragma once

#include <charconv>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

namespace dispatch::test {

/// How many entries a directory has.
inline std::size_t entries(const char* directory) {
  const std::filesystem::directory_iterator begin{directory};
  return static_cast<std::size_t>(std::distance(begin, std::filesystem::directory_iterator{}));
}

/// Descriptors of this process.
inline std::size_t own_descriptors() {
  return entries("/proc/self/fd");
}

/// Threads of this process.
inline std::size_t own_threads() {
  return entries("/proc/self/task");
}

/// True once `have` gives no more than `count`. Nothing tells when a thread is gone: this looks again until
/// then, for at most ten seconds.
template <class Count>
bool comes_down_to(std::size_t count, const Count& have) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (have() > count) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

/// True once this process has no more than `count` threads. A joined thread is listed for a moment longer.
inline bool threads_come_down_to(std::size_t count) {
  return comes_down_to(count, own_threads);
}

/// True once this process has no more than `count` descriptors. A thread of libcurl that looks up a name
/// nobody waits for any more has a pair of sockets until it ends.
inline bool descriptors_come_down_to(std::size_t count) {
  return comes_down_to(count, own_descriptors);
}

/// The processes of that name that `parent` has started and that still run; see proc_pid_stat(5).
inline std::vector<pid_t> children(pid_t parent, const std::string& name) {
  std::vector<pid_t> found;
  for (const auto& entry : std::filesystem::directory_iterator{"/proc"}) {
    const std::string directory = entry.path().filename();
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(directory.data(), directory.data() + directory.size(), pid);
    if (error != std::errc{} || end != directory.data() + directory.size()) continue;
    std::ifstream file{entry.path() / "stat"};
    const std::string stat{std::istreambuf_iterator<char>{file}, {}};
    const auto open = stat.find('('), close = stat.rfind(')');
    if (close == std::string::npos || stat.substr(open + 1, close - open - 1) != name) continue;
    const char state = stat[close + 2];
    if (state != 'Z' && std::stoi(stat.substr(close + 4)) == parent) found.push_back(pid);
  }
  return found;
}

/// While it lives this process can open no descriptor.
class NoDescriptors {
 public:
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    const int lowest_free = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    ::close(lowest_free);
    rlimit none = before_;
    none.rlim_cur = static_cast<rlim_t>(lowest_free);
    ::setrlimit(RLIMIT_NOFILE, &none);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }

 private:
  rlimit before_{};
};

}  // namespace dispatch::test

#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <thread>

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

/// True once this process has no more than `count` threads. A joined thread is listed for a moment longer,
/// and nothing tells when it is gone: this looks again until then, for at most ten seconds.
inline bool threads_come_down_to(std::size_t count) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (own_threads() > count) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace dispatch::test

#pragma once

#include <chrono>
#include <cstdint>

#include <fmt/format.h>
#include <sys/resource.h>

namespace dispatch::bench {

/// What a client has done.
struct ClientCounts {
  std::uint64_t events = 0;
  std::uint64_t failed = 0;
};

/// Prints as JSON what the client did and what it cost since `begin`. Returns the exit code of its program.
inline int report(const ClientCounts& counts, std::chrono::steady_clock::time_point begin) {
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  fmt::print(
      "{{\"events\":{},\"failed\":{},\"seconds\":{:.3f},\"cpu_seconds\":{:.3f},\"peak_rss_kib\":{}}}\n",
      counts.events, counts.failed, took.count(), seconds(used.ru_utime) + seconds(used.ru_stime),
      used.ru_maxrss);
  return counts.failed == 0 ? 0 : 1;
}

}  // namespace dispatch::bench

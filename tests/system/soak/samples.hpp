#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace dispatch::test {

/// What a running process costs at one moment.
struct Sample {
  std::chrono::seconds at{};  ///< since the load began
  double rss_mib = 0;
  double descriptors = 0;
  double wal_mib = 0;
  double p99_ms = 0;         ///< from handing an event in to its arrival, of those since the last sample
  std::size_t requests = 0;  ///< that have arrived so far
  std::size_t released = 0;  ///< dead letters so far
};

/// The resident memory of a process in MiB and the number of its open files; nothing where it has ended.
std::optional<double> rss_mib(pid_t process);
std::optional<double> open_files(pid_t process);

/// The 99th percentile of values in any order; 0 where there are none.
double p99(std::vector<double> values);

/// How much more the last third of a run may show than its middle third.
struct Tolerance {
  const char* name;
  double Sample::*figure;
  bool highest;  ///< compare the highest of each third; the median otherwise
  double share;  ///< of the middle third
  double room;   ///< and so much more, in the figure's unit
};

/// Whether one figure has stopped growing.
struct Flatness {
  double middle = 0, last = 0, allowed = 0;
  bool flat() const { return last <= allowed; }
};

/// Compares the thirds. Takes at least six samples; throws std::invalid_argument for fewer.
Flatness flatness(const std::vector<Sample>& samples, const Tolerance& tolerance);

}  // namespace dispatch::test

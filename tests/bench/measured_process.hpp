#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include <sys/types.h>

namespace dispatch::bench {

/// What a process cost, from its start to its end.
struct Measured {
  int exit_code = 0;
  std::chrono::steady_clock::time_point began;
  double seconds = 0;      ///< on the clock
  double cpu_seconds = 0;  ///< user and system, all its threads
  double peak_mib = 0;     ///< resident
};

/// A child process that is measured. Its standard output and error go to a file. Throws std::system_error
/// where the system fails, and std::runtime_error where the process dies of a signal.
class MeasuredProcess {
 public:
  MeasuredProcess(const std::vector<std::string>& command, std::filesystem::path output);
  /// Kills the process if it was not waited for.
  ~MeasuredProcess();
  MeasuredProcess(const MeasuredProcess&) = delete;
  MeasuredProcess& operator=(const MeasuredProcess&) = delete;

  /// True once the process has ended; false when `patience` is over before.
  bool ends_within(std::chrono::milliseconds patience) const;
  void signal(int number) const;

  /// Waits for the end. After `limit` it is an error that the process has not ended.
  Measured wait(std::chrono::seconds limit);

  /// What it has written so far.
  std::string output() const;

 private:
  std::string name_;
  std::filesystem::path output_;
  std::chrono::steady_clock::time_point begin_;
  pid_t pid_ = -1;
};

}  // namespace dispatch::bench

#pragma once

#include "base/system/fd.hpp"

#include <csignal>
#include <functional>
#include <thread>
#include <vector>

namespace dispatch {

/// The signals that ask a process to end: SIGTERM, SIGINT, and SIGHUP unless the process was started with
/// SIGHUP ignored, as by nohup(1).
std::vector<int> end_signals();

/// Turns signals into function calls. While the object lives, the given signals are blocked in the
/// constructing thread and in every thread that it starts later; each signal is passed to `handler` on a
/// thread of this class, in order of arrival. Construct it before any other thread. The destructor restores
/// the former mask.
class Signals {
 public:
  using Handler = std::function<void(int signal)>;
  Signals(const std::vector<int>& signals, Handler handler);
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

 private:
  void watch();

  sigset_t former_mask_{};
  Handler handler_;
  Fd arrivals_;
  Fd stop_;
  std::thread watcher_;
};

}  // namespace dispatch

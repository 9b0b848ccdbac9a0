#pragma once

#include "base/system/fd.hpp"

#include <csignal>
#include <functional>
#include <thread>
#include <vector>

namespace dispatch {

/// The signals by which a process is asked to end: SIGTERM, SIGINT, and SIGHUP unless the process was started
/// with that ignored, as nohup(1) does.
std::vector<int> end_signals();

/// Turns signals into calls. From construction to destruction the given signals are blocked in the
/// constructing thread and in every thread it starts afterwards, and each one that arrives is handed to
/// `handler` on a thread of this class, in order of arrival. Construct it before any other thread. The former
/// mask is restored at the end.
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

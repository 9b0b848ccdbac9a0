#pragma once

#include "base/fd.hpp"

#include <csignal>
#include <functional>
#include <thread>

namespace dispatch {

/// Turns signals into calls. From construction to destruction the given signals are blocked in the
/// constructing thread and in every thread it starts afterwards, and each one that arrives is handed to
/// `handler` on a thread of this class, in order of arrival. Construct it before any other thread. The former
/// mask is restored at the end.
class Signals {
 public:
  using Handler = std::function<void(int signal)>;
  Signals(std::initializer_list<int> signals, Handler handler);
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

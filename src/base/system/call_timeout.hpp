#pragma once

#include <chrono>
#include <csignal>
#include <ctime>

namespace dispatch {

/// Limits a system call that has no timeout of its own, such as fcntl(2) with F_OFD_SETLKW: while the object
/// lives, a call in which the constructing thread waits fails with EINTR when `after` has passed, and again
/// every `after`. If the kernel provides no timer, calls wait without limit.
///
/// It uses SIGURG, which the program uses for nothing else and which is ignored by default. Construct and
/// destroy it on the thread that makes the call; several threads may have one each.
class CallTimeout {
 public:
  explicit CallTimeout(std::chrono::milliseconds after);
  ~CallTimeout();
  CallTimeout(const CallTimeout&) = delete;
  CallTimeout& operator=(const CallTimeout&) = delete;

 private:
  sigset_t former_mask_{};
  timer_t timer_{};
  bool has_timer_ = false;
};

}  // namespace dispatch

#include "base/system/call_timeout.hpp"

#include <pthread.h>
#include <unistd.h>

namespace dispatch {

namespace {

constexpr int interrupting = SIGURG;

/// A signal interrupts a call only if it has a handler, and one that does not restart the call.
bool have_handler() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  return ::sigaction(interrupting, &action, nullptr) == 0;
}

timespec timespec_of(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return {seconds.count(), std::chrono::nanoseconds{time - seconds}.count()};
}

}  // namespace

CallTimeout::CallTimeout(std::chrono::milliseconds after) {
  static const bool handled = have_handler();
  if (!handled) return;
  sigset_t unblocked;
  sigemptyset(&unblocked);
  sigaddset(&unblocked, interrupting);
  pthread_sigmask(SIG_UNBLOCK, &unblocked, &former_mask_);

  struct sigevent event {};
  event.sigev_notify = SIGEV_THREAD_ID;  // this thread's call is to be interrupted, and no other's
  event.sigev_signo = interrupting;
  event._sigev_un._tid = ::gettid();  // glibc 2.36 has no other name for it
  has_timer_ = ::timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
  if (!has_timer_) return;
  // Again and again, as the first one may come before the call begins.
  const itimerspec times{timespec_of(after), timespec_of(after)};
  ::timer_settime(timer_, 0, &times, nullptr);
}

CallTimeout::~CallTimeout() {
  if (has_timer_) ::timer_delete(timer_);
  pthread_sigmask(SIG_SETMASK, &former_mask_, nullptr);
}

}  // namespace dispatch

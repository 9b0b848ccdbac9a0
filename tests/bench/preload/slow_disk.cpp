// A disk that takes a known time, for a program that is started with this as LD_PRELOAD: fdatasync and fsync
// take as many microseconds as DISPATCH_BENCH_SYNC_US says and write nothing, so that the machine's own disk
// does not count. It links nothing of ours.

#include <cstdlib>
#include <ctime>

#include <sys/prctl.h>

namespace {

long sync_nanoseconds() {
  static const long nanoseconds = [] {
    const char* const text = std::getenv("DISPATCH_BENCH_SYNC_US");
    return text == nullptr ? 0 : std::atol(text) * 1000;
  }();
  return nanoseconds;
}

int sync() {
  constexpr long second = 1'000'000'000;
  timespec due{};
  ::clock_gettime(CLOCK_MONOTONIC, &due);
  due.tv_nsec += sync_nanoseconds();
  due.tv_sec += due.tv_nsec / second;
  due.tv_nsec %= second;
  // Otherwise the kernel adds up to 50 us.
  thread_local const int exact = ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  static_cast<void>(exact);
  while (::clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, nullptr) != 0) continue;
  return 0;
}

}  // namespace

extern "C" int fdatasync(int) {
  return sync();
}

extern "C" int fsync(int) {
  return sync();
}

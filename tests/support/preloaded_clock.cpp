// A wall clock for a program under test, loaded before it (LD_PRELOAD): it differs from the machine's by as
// many nanoseconds as the file says that DISPATCH_TEST_CLOCK names, from one call to the next. The steady
// clock is the machine's.

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <ctime>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

constexpr std::int64_t second = 1'000'000'000;

const volatile std::int64_t* offset_in_file() {
  const char* const path = std::getenv("DISPATCH_TEST_CLOCK");
  if (path == nullptr) return nullptr;
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* const mapped = ::mmap(nullptr, sizeof(std::int64_t), PROT_READ, MAP_SHARED, file, 0);
  ::close(file);
  return mapped == MAP_FAILED ? nullptr : static_cast<const volatile std::int64_t*>(mapped);
}

std::int64_t offset() {
  static const volatile std::int64_t* const offset = offset_in_file();
  return offset == nullptr ? 0 : *offset;
}

}  // namespace

extern "C" int clock_gettime(clockid_t clock, timespec* time) {
  if (::syscall(SYS_clock_gettime, clock, time) != 0) return -1;
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) return 0;
  const std::int64_t shifted = time->tv_sec * second + time->tv_nsec + offset();
  time->tv_sec = shifted / second;
  time->tv_nsec = shifted % second;
  return 0;
}

extern "C" int gettimeofday(timeval* time, void*) {
  timespec now{};
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

extern "C" time_t time(time_t* also) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  if (also != nullptr) *also = now.tv_sec;
  return now.tv_sec;
}

// Preloaded into a program (LD_PRELOAD): each sync of a file takes DISPATCH_TEST_SYNC_MICROSECONDS longer, as
// on a slow disk. Other operations, and other threads, go on meanwhile.

#include <cstdlib>

#include <dlfcn.h>
#include <time.h>

namespace {

using Sync = int (*)(int);

Sync next_named(const char* name) {
  return reinterpret_cast<Sync>(::dlsym(RTLD_NEXT, name));
}

void take_time() {
  static const long microseconds = [] {
    const char* told = std::getenv("DISPATCH_TEST_SYNC_MICROSECONDS");
    return told == nullptr ? 0L : std::atol(told);
  }();
  const timespec rest{microseconds / 1'000'000, microseconds % 1'000'000 * 1000};
  if (microseconds > 0) ::clock_nanosleep(CLOCK_MONOTONIC, 0, &rest, nullptr);
}

}  // namespace

extern "C" int fdatasync(int descriptor) {
  static const Sync next = next_named("fdatasync");
  take_time();
  return next(descriptor);
}

extern "C" int fsync(int descriptor) {
  static const Sync next = next_named("fsync");
  take_time();
  return next(descriptor);
}

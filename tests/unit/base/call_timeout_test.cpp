#include "base/system/call_timeout.hpp"

#include "base/system/fd.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include <doctest/doctest.h>
#include <pthread.h>
#include <unistd.h>

using namespace dispatch;
using namespace std::chrono_literals;

namespace {

/// A pipe from which nothing can be read.
struct Silent {
  Silent() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    out = Fd{ends[0]};
    in = Fd{ends[1]};
  }
  /// The errno value with which a read ends that would wait for ever.
  int read() const {
    char byte = 0;
    return ::read(out.get(), &byte, 1) < 0 ? errno : 0;
  }
  Fd out, in;
};

}  // namespace

TEST_CASE("a call that would wait for ever ends when its time is over and so does the next one") {
  const Silent pipe;
  const auto began = std::chrono::steady_clock::now();
  {
    const CallTimeout timeout{20ms};
    CHECK(pipe.read() == EINTR);
    CHECK(pipe.read() == EINTR);
  }
  CHECK(std::chrono::steady_clock::now() - began >= 40ms);
  sigset_t mask;
  pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  CHECK(sigismember(&mask, SIGURG) == 0);
}

TEST_CASE("a timeout interrupts no call of another thread") {
  const Silent pipe, other;
  int ended = -1;
  std::thread reader{[&] { ended = other.read(); }};
  {
    const CallTimeout timeout{5ms};
    for (int i = 0; i < 10; ++i) CHECK(pipe.read() == EINTR);
  }
  CHECK(::write(other.in.get(), "!", 1) == 1);
  reader.join();
  CHECK(ended == 0);
}

TEST_CASE("a timeout ends a call also where the thread has its signal blocked") {
  const Silent pipe;
  std::thread reader{[&] {
    sigset_t every;
    sigfillset(&every);
    pthread_sigmask(SIG_SETMASK, &every, nullptr);
    const CallTimeout timeout{20ms};
    CHECK(pipe.read() == EINTR);
  }};
  reader.join();
}

#include "base/system/signals.hpp"

#include <condition_variable>
#include <mutex>
#include <vector>

#include <doctest/doctest.h>
#include <pthread.h>
#include <unistd.h>

using namespace dispatch;
using namespace std::chrono_literals;

TEST_CASE("signals arrive as calls in order and the mask comes back") {
  sigset_t before, after;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  std::mutex mutex;
  std::condition_variable arrived;
  std::vector<int> seen;
  {
    const Signals signals{{SIGUSR1, SIGUSR2}, [&](int signal) {
                            const std::scoped_lock lock{mutex};
                            seen.push_back(signal);
                            arrived.notify_all();
                          }};
    const auto wait_for = [&](std::size_t count) {
      std::unique_lock lock{mutex};
      return arrived.wait_for(lock, 10s, [&] { return seen.size() >= count; });
    };
    kill(getpid(), SIGUSR1);
    REQUIRE(wait_for(1));
    kill(getpid(), SIGUSR2);
    REQUIRE(wait_for(2));
  }
  CHECK(seen == std::vector<int>{SIGUSR1, SIGUSR2});
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  CHECK(sigismember(&before, SIGUSR1) == sigismember(&after, SIGUSR1));
}

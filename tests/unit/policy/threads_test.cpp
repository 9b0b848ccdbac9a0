// The policies are values without a lock of their own; whoever shares one holds a mutex around each step. So
// eight threads do here, at a clock that they move, and each admission is held against what is allowed.

#include "policy/breaker.hpp"
#include "policy/pace.hpp"
#include "support/fakes.hpp"
#include "support/fullest_stretch.hpp"

#include <algorithm>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

using namespace dispatch;
using namespace dispatch::policy;
using namespace dispatch::test;
using namespace std::chrono_literals;

namespace {

constexpr unsigned threads = 8;

/// Calls `work` with the thread's own chance on each of eight threads, and waits for them.
template <class Work>
void on_eight_threads(const Work& work) {
  std::vector<std::thread> crowd;
  for (unsigned seed = 1; seed <= threads; ++seed) {
    crowd.emplace_back([&work, seed] {
      std::mt19937_64 engine{seed};
      work(engine);
    });
  }
  for (auto& thread : crowd) thread.join();
}

}  // namespace

TEST_CASE("eight threads that share a rate never send more than it allows") {
  constexpr std::size_t each = 2'000;
  constexpr Rate rate{7, 1ms};
  ManualClock clock;
  std::mutex mutex;
  Pace pace{rate};
  std::vector<SteadyTime> counted;
  std::size_t given_back = 0;

  on_eight_threads([&](std::mt19937_64& engine) {
    for (std::size_t sent = 0; sent < each;) {
      clock.tick(std::chrono::microseconds{engine() % 40});
      {
        const std::scoped_lock lock{mutex};
        const auto now = clock.steady();
        if (pace.allowance(now, now) == 0) continue;
        pace.reserve();
      }
      std::this_thread::yield();  // as whoever waits for a connection
      SteadyTime left;
      {
        const std::scoped_lock lock{mutex};
        left = clock.steady();
        if (engine() % 16 == 0 || pace.may_leave(left) > left) {
          pace.give_back();
          ++given_back;
          continue;
        }
        pace.leave(left);
      }
      std::this_thread::yield();  // as long as the request takes
      const std::scoped_lock lock{mutex};
      const auto answered = clock.steady();
      counted.push_back(std::min(answered, left + pace.lag()));
      pace.arrived(left, answered);
      ++sent;
    }
  });

  CHECK(counted.size() == threads * each);
  CHECK(given_back > 0);
  std::sort(counted.begin(), counted.end());
  CHECK(fullest_stretch(counted, rate.per) <= rate.count);
}

TEST_CASE("eight threads that share a circuit send nothing while it is open and probe three at a time") {
  constexpr BreakerPolicy policy{.failures = 5, .open_for = 1ms, .probes = 3, .successes = 3};
  constexpr std::size_t each = 20'000;
  ManualClock clock;
  std::mutex mutex;
  Circuit circuit;
  WallTime opened{};
  unsigned in_a_row = 0, probing = 0, most_probing = 0, times_opened = 0, times_closed = 0, while_open = 0,
           misjudged = 0;
  std::size_t admitted = 0;

  on_eight_threads([&](std::mt19937_64& engine) {
    for (std::size_t i = 0; i < each; ++i) {
      clock.tick(std::chrono::microseconds{engine() % 40});
      bool probe = false;
      {
        const std::scoped_lock lock{mutex};
        const WallTime now = clock.wall();
        circuit = circuit_at(circuit, policy, now);
        probe = circuit.state == Circuit::State::half_open;
        if (circuit.state == Circuit::State::open || (probe && probes_allowed(circuit, policy) == 0))
          continue;
        circuit.probing += probe;
        probing += probe;
        most_probing = std::max(most_probing, probing);
        while_open += times_opened > times_closed && now - opened < policy.open_for;
        ++admitted;
      }
      std::this_thread::yield();  // as long as the request takes
      const std::scoped_lock lock{mutex};
      const WallTime now = clock.wall();
      const HealthSignal signal = engine() % 3 == 0 ? HealthSignal::failure : HealthSignal::up;
      const auto before = circuit.state;
      circuit = circuit_after(circuit, policy, signal, probe, now);
      probing -= probe;
      if (before == Circuit::State::closed) {
        in_a_row = signal == HealthSignal::failure ? in_a_row + 1 : 0;
        misjudged += (circuit.state == Circuit::State::open) != (in_a_row == policy.failures);
      }
      if (circuit.state == before) continue;
      in_a_row = 0;
      if (circuit.state == Circuit::State::closed) {
        ++times_closed;
        continue;
      }
      opened = now;
      if (before == Circuit::State::closed) ++times_opened;
    }
  });

  CHECK(while_open == 0);
  CHECK(misjudged == 0);
  CHECK(most_probing == policy.probes);
  CHECK(probing == 0);
  CHECK(circuit.probing == 0);
  CHECK(times_opened > 10);
  CHECK(times_closed > 10);
  CHECK(admitted > 5 * times_opened);  // how many more is the scheduler's
}

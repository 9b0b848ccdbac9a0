#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"

#include <chrono>
#include <cstdint>
#include <mutex>

namespace dispatch::test {

/// A clock that stands still until it is told. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(WallTime start = WallTime{std::chrono::seconds{1'700'000'000}}) : wall_(start) {}
  WallTime wall() const override {
    const std::scoped_lock lock{mutex_};
    return wall_;
  }
  SteadyTime steady() const override {
    const std::scoped_lock lock{mutex_};
    return steady_;
  }
  void tick(std::chrono::microseconds by) {
    const std::scoped_lock lock{mutex_};
    wall_ += by;
    steady_ += by;
  }
  /// The wall clock is set; no time passes.
  void set_wall_by(std::chrono::microseconds by) {
    const std::scoped_lock lock{mutex_};
    wall_ += by;
  }

 private:
  mutable std::mutex mutex_;
  WallTime wall_;
  SteadyTime steady_{};
};

/// Always the same chance: 0 is no jitter, just below 1 is all of it.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(std::uint64_t bits = 0) : bits_(bits) {}
  std::uint64_t bits() override { return bits_; }

 private:
  std::uint64_t bits_;
};

}  // namespace dispatch::test

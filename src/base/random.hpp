#pragma once

#include <cstdint>
#include <random>

namespace dispatch {

/// The source of random numbers. Not thread-safe: use one for each thread.
class Random {
 public:
  virtual ~Random() = default;
  /// 64 bits, evenly distributed.
  virtual std::uint64_t bits() = 0;
  /// Evenly distributed in [0, 1).
  double unit() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }
};

/// Seeded from the machine's entropy; good for jitter, not for secrets.
class SystemRandom final : public Random {
 public:
  SystemRandom() {
    std::random_device entropy;
    std::seed_seq seed{entropy(), entropy(), entropy(), entropy()};
    engine_.seed(seed);
  }
  std::uint64_t bits() override { return engine_(); }

 private:
  std::mt19937_64 engine_;
};

}  // namespace dispatch

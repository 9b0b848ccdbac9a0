#pragma once

#include <array>
#include <bit>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace dispatch::flow {

/// Counts durations in buckets of about 6 % width (log-linear, as HdrHistogram does), from 1 us to 12 days,
/// in 5 KiB. Not thread-safe.
class Histogram {
 public:
  void add(std::chrono::microseconds duration) {
    const auto us = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
    ++buckets_[bucket_of(us)];
    ++count_;
  }
  std::uint64_t count() const { return count_; }

  /// The upper end of the bucket at which `share` (0 to 1) of the durations is reached; 0 if the histogram is
  /// empty.
  std::chrono::microseconds percentile(double share) const {
    if (count_ == 0) return std::chrono::microseconds{0};
    auto left = static_cast<std::uint64_t>(share * static_cast<double>(count_ - 1)) + 1;
    for (std::size_t i = 0; i < buckets_.size(); ++i) {
      if (buckets_[i] >= left) return std::chrono::microseconds{static_cast<std::int64_t>(upper_end(i))};
      left -= buckets_[i];
    }
    return std::chrono::microseconds{static_cast<std::int64_t>(upper_end(buckets_.size() - 1))};
  }

 private:
  static constexpr std::size_t sub_buckets = 16;
  static constexpr std::size_t powers = 37;

  // Below 16 each value has its own bucket; above, each power of two is divided into 16 buckets.
  static std::size_t bucket_of(std::uint64_t us) {
    if (us < sub_buckets) return us;
    const auto power = static_cast<std::size_t>(std::bit_width(us)) - 5;
    const std::size_t bucket = (power + 1) * sub_buckets + ((us >> power) - sub_buckets);
    return bucket < sub_buckets * powers ? bucket : sub_buckets * powers - 1;
  }
  static std::uint64_t upper_end(std::size_t bucket) {
    if (bucket < sub_buckets) return bucket;
    const std::size_t power = bucket / sub_buckets - 1;
    return ((bucket % sub_buckets + sub_buckets + 1) << power) - 1;
  }

  std::array<std::uint64_t, sub_buckets * powers> buckets_{};
  std::uint64_t count_ = 0;
};

}  // namespace dispatch::flow

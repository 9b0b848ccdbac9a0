#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

namespace dispatch::delivery {

/// A limit on idle connections that several transports share. Each notes how many it has and learns how many
/// it may keep; once every transport has closed what is above that, all together have no more than the limit.
/// Thread-safe.
class SharedIdleLimit {
 public:
  /// `most`: idle connections of all `transports` together. Both are at least 1.
  SharedIdleLimit(std::size_t most, std::size_t transports) : most_(most), idle_(transports) {}

  /// Gives a transport its place among those that share the limit. Call it once for each of them.
  std::size_t join() { return joined_.fetch_add(1) % idle_.size(); }

  /// Notes that the transport at `place` has `idle` idle connections. Returns how many of them it may keep,
  /// by what the others have noted.
  std::size_t note(std::size_t place, std::size_t idle);

  /// Its part of the limit if all share it equally, at least 1.
  std::size_t equal_share() const;

 private:
  /// On a cache line of its own: each is written by another thread.
  struct alignas(64) Noted {
    std::atomic<std::size_t> idle{0};
  };

  const std::size_t most_;
  std::atomic<std::size_t> joined_{0};
  std::vector<Noted> idle_;  // by place
};

}  // namespace dispatch::delivery

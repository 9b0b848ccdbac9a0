#pragma once

#include "serve/recent_map.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::serve {

/// How a receiver classifies a delivery, given its earlier answers.
enum class Verdict {
  fresh,         ///< the first request with its idempotency key, in order
  again,         ///< its key has come before, but was never answered with success: a retry
  duplicate,     ///< its key was answered with success before
  out_of_order,  ///< its entity has already completed a higher sequence number
  repeated,      ///< its entity has already completed this sequence number under another key
};

/// "new", "retry", "duplicate", "out of order", "repeated number".
std::string_view to_string(Verdict verdict);

/// The identity of a delivery for its receiver. Fields are empty if the request does not have them.
struct DeliveryMark {
  std::string idempotency_key;
  std::string entity;
  std::optional<std::int64_t> sequence;
};

/// Checks that deliveries arrive in order for each entity and without duplicates. Keys and entities are kept
/// in bounded memory; duplicates of dropped keys are not detected. Not thread-safe.
class Inspector {
 public:
  /// `bytes_most` limits the memory for keys, and separately that for entities.
  explicit Inspector(std::size_t bytes_most = std::size_t{64} * 1024 * 1024)
      : keys_(bytes_most), last_completed_(bytes_most) {}

  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t completed = 0;  ///< keys answered with success
    std::uint64_t again = 0, duplicates = 0, out_of_order = 0, repeated = 0;
  };

  /// Classifies a delivery that is about to be answered, and stores the answer.
  Verdict inspect(const DeliveryMark& mark, bool success);

  /// How often this key has come so far.
  std::uint64_t times_seen(const std::string& idempotency_key);
  /// True once a key or an entity was dropped.
  bool has_forgotten() const { return keys_.has_forgotten() || last_completed_.has_forgotten(); }

  const Counts& counts() const { return counts_; }

 private:
  struct Seen {
    std::uint64_t times = 0;
    bool completed = false;
  };

  Verdict verdict_on(const DeliveryMark& mark);

  RecentMap<Seen> keys_;
  RecentMap<std::optional<std::int64_t>> last_completed_;  // by entity
  Counts counts_;
};

}  // namespace dispatch::serve

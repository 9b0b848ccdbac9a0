#pragma once

#include "serve/recent_map.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::serve {

/// What a receiver makes of a delivery, given what it has answered before.
enum class Verdict {
  fresh,         ///< the first request with its idempotency key, and in order
  again,         ///< its key has come before and was never answered with success: a retry
  duplicate,     ///< its key has been answered with success already
  out_of_order,  ///< its entity has completed a higher sequence number
  repeated,      ///< its entity has completed this very sequence number under another key
};

/// "new", "retry", "duplicate", "out of order", "repeated number".
std::string_view to_string(Verdict verdict);

/// What identifies a delivery to its receiver. Empty where the request does not say.
struct DeliveryMark {
  std::string idempotency_key;
  std::string entity;
  std::optional<std::int64_t> sequence;
};

/// Checks that deliveries come in order per entity and not twice. Keys and entities are remembered in bounded
/// memory; of those that were forgotten no duplicate is noticed. Not thread-safe.
class Inspector {
 public:
  /// `bytes_most` bounds what is remembered of keys, and as much of entities.
  explicit Inspector(std::size_t bytes_most = std::size_t{64} * 1024 * 1024)
      : keys_(bytes_most), last_completed_(bytes_most) {}

  struct Counts {
    std::uint64_t requests = 0;
    std::uint64_t completed = 0;  ///< keys answered with success
    std::uint64_t again = 0, duplicates = 0, out_of_order = 0, repeated = 0;
  };

  /// Judges a delivery that is about to be answered, and remembers the answer.
  Verdict inspect(const DeliveryMark& mark, bool success);

  /// How often this key has come before.
  std::uint64_t times_seen(const std::string& idempotency_key);
  /// True once a key or an entity was forgotten.
  bool has_forgotten() const { return keys_.has_forgotten() || last_completed_.has_forgotten(); }

  const Counts& counts() const { return counts_; }

 private:
  struct Seen {
    std::uint64_t times = 0;
    bool completed = false;
  };

  Verdict judge(const DeliveryMark& mark);

  RecentMap<Seen> keys_;
  RecentMap<std::optional<std::int64_t>> last_completed_;  // by entity
  Counts counts_;
};

}  // namespace dispatch::serve

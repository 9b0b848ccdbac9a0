#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Operator actions on one subscription, each in one transaction, also while a run is active. Each returns
// nothing, and changes nothing, if the journal has no subscription with that id.

namespace dispatch::operations {

/// Pauses the subscription's deliveries; listings show `reason`. Returns false, and changes nothing, if it
/// was paused already.
Result<std::optional<bool>> pause_subscription(journal::Journal& journal, const Clock& clock,
                                               std::string_view id, const std::string& reason);

/// Resumes the subscription's deliveries. Returns false if it was not paused.
Result<std::optional<bool>> resume_subscription(journal::Journal& journal, const Clock& clock,
                                                std::string_view id);

struct SubscriptionRemoval {
  bool removed =
      false;  ///< false: nothing was changed, because it has open deliveries and `discard` is false
  std::int64_t open = 0;  ///< open deliveries; if removed, they became failed
};

/// Removes the subscription. If it has open deliveries, they become failed with `discard`; without it the
/// subscription stays.
Result<std::optional<SubscriptionRemoval>> remove_subscription(journal::Journal& journal, const Clock& clock,
                                                               std::string_view id, bool discard);

struct SecretRotation {
  bool changed = false;   ///< false: the secret already was the newest
  std::size_t older = 0;  ///< number of older secrets that also sign requests
  WallTime until{};       ///< when the last of the older secrets expires
};

/// Signs with `secret` from now on, and with the older ones for `keep` longer. `secret` comes from
/// read_secret().
Result<std::optional<SecretRotation>> rotate_secret(journal::Journal& journal, const Clock& clock,
                                                    std::string_view id, const std::string& secret,
                                                    std::chrono::microseconds keep);

}  // namespace dispatch::operations

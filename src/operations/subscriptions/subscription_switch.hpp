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

// What operators do to one subscription, each in one transaction, also while a run is on. Each returns
// nothing, and changes nothing, where the journal has no subscription of that id.

namespace dispatch::operations {

/// Its deliveries wait from now on; `reason` is shown with it. Returns false where it was paused already;
/// nothing is changed then.
Result<std::optional<bool>> pause_subscription(journal::Journal& journal, const Clock& clock,
                                               std::string_view id, const std::string& reason);

/// Its deliveries go on. Returns false where it was not paused.
Result<std::optional<bool>> resume_subscription(journal::Journal& journal, const Clock& clock,
                                                std::string_view id);

struct SubscriptionRemoval {
  bool removed =
      false;  ///< false: deliveries are not done, and they were not to be given up; nothing was changed
  std::int64_t open = 0;  ///< deliveries that are not done; given up where it was removed
};

/// Removes it. Deliveries that are not done are given up where `discard`; else it stays as long as there are
/// any.
Result<std::optional<SubscriptionRemoval>> remove_subscription(journal::Journal& journal, const Clock& clock,
                                                               std::string_view id, bool discard);

struct SecretRotation {
  bool changed = false;   ///< false: the secret was the newest already
  std::size_t older = 0;  ///< secrets that requests are signed with besides
  WallTime until{};       ///< the latest end of those
};

/// Signs with `secret` from now on, and with those before it for `keep` more. `secret` is one that
/// read_secret() gives.
Result<std::optional<SecretRotation>> rotate_secret(journal::Journal& journal, const Clock& clock,
                                                    std::string_view id, const std::string& secret,
                                                    std::chrono::microseconds keep);

}  // namespace dispatch::operations

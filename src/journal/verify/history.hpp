#pragma once

#include "event/delivery_state.hpp"
#include "event/outcome.hpp"
#include "journal/rows.hpp"

#include <cstdint>
#include <optional>

namespace dispatch::journal::audit {

/// A row of deliveries, as it stands, sound or not; what is NULL there is nothing here.
struct StoredDelivery {
  DeliveryKey key;
  std::int64_t state = 0;
  std::optional<std::int64_t> state_at;
  std::int64_t attempts = 0;
  std::int64_t forgiven = 0;
  std::optional<std::int64_t> began_at, began_turn, ended_turn;

  bool is(DeliveryState wanted) const { return state == static_cast<std::int64_t>(wanted); }
  bool known_state() const { return state >= 0 && state <= 5; }
};

/// A row of attempts.
struct StoredAttempt {
  DeliveryKey key;
  std::int64_t number = 0;
  std::int64_t began_turn = 0, ended_turn = 0;
  std::int64_t outcome = 0, status = 0;
  bool with_error = false;

  /// An answer of 2xx that nobody objected to.
  bool succeeded() const {
    return outcome == static_cast<std::int64_t>(OutcomeKind::answered) && status >= 200 && status <= 299 &&
           !with_error;
  }
};

/// What the rows of attempts of one delivery come to; taken in one after the other.
struct History {
  std::int64_t rows = 0;
  std::optional<std::int64_t> hole;           ///< the first number that should have come and did not
  std::optional<std::int64_t> early_success;  ///< the first success that another attempt came after
  std::optional<StoredAttempt>
      disordered;  ///< the first that began before the one before it ended, or ended before it began
  std::int64_t latest_turn = 0;
  std::optional<StoredAttempt> last;

  void take(const StoredAttempt& attempt);
};

}  // namespace dispatch::journal::audit

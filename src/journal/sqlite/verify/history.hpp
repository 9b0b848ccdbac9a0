#pragma once

#include "event/delivery_state.hpp"
#include "event/outcome.hpp"
#include "journal/rows.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace dispatch::journal::audit {

/// A row of deliveries, as it stands, sound or not; what is NULL there is nothing here.
struct StoredDelivery {
  DeliveryKey key;
  std::int64_t state = 0;
  std::optional<std::int64_t> state_at;
  std::int64_t attempts = 0;
  std::int64_t forgiven = 0;
  std::optional<std::int64_t> began_at, began_turn, ended_turn, took, status;

  bool throttled = false;                    ///< it says since when
  bool direct = false;                       ///< of no subscription
  std::optional<std::int64_t> removed_turn;  ///< when its subscription was removed

  bool is(DeliveryState wanted) const { return state == static_cast<std::int64_t>(wanted); }
  bool known_state() const { return state >= 0 && state <= 5; }
  /// It became failed with its subscription, not by its own fate.
  bool given_up() const { return is(DeliveryState::failed) && removed_turn.has_value(); }
};

/// A row of attempts.
struct StoredAttempt {
  DeliveryKey key;
  std::int64_t number = 0;
  std::int64_t began_at = 0, began_turn = 0, ended_turn = 0, took = 0;
  std::int64_t outcome = 0, status = 0;
  bool with_error = false, with_excerpt = false;

  bool is(OutcomeKind kind) const { return outcome == static_cast<std::int64_t>(kind); }

  /// Nothing may follow it.
  bool is_last() const { return succeeded() || is(OutcomeKind::not_meant); }

  /// An answer of 2xx that nobody objected to, or that of a broker that has taken it.
  bool succeeded() const {
    if (is(OutcomeKind::acknowledged)) return true;
    return is(OutcomeKind::answered) && status >= 200 && status <= 299 && !with_error;
  }
};

/// What operators did to one delivery: the turns of it, in their order.
struct Moves {
  std::vector<std::int64_t> releases, discards;
  std::vector<std::int64_t> cancellations;
  bool dated = true;  ///< false where one of them has no turn: a program of version 1 noted none
};

/// What the rows of attempts of one delivery come to; taken in one after the other.
struct History {
  Moves moves;  ///< given before the first attempt
  std::int64_t rows = 0;
  std::optional<std::int64_t> hole;       ///< the first number that should have come and did not
  std::optional<std::int64_t> early_end;  ///< the first that another came after although nothing may
  std::optional<StoredAttempt>
      disordered;  ///< the first that began before the one before it ended, or ended before it began
  std::int64_t latest_turn = 0;
  std::int64_t forgiven = 0;                     ///< how many of the attempts do not count
  bool throttled = false;                        ///< one of them since the last release was
  std::optional<std::int64_t> baseless_release;  ///< the first that came when there was no dead letter
  std::optional<StoredAttempt> unsound;          ///< the first whose outcome cannot be
  std::optional<StoredAttempt> last;

  void take(const StoredAttempt& attempt);

  /// Says that an attempt began at one turn and ended at another, later than all before; an attempt under way
  /// ends at the last turn there can be. take() does it for attempts with a row.
  void pass(std::int64_t began_turn, std::int64_t ended_turn);

  /// Says that no attempt comes any more.
  void finish();

 private:
  void release();

  std::size_t released_ = 0;  // so many of the releases came before where we are
  bool ended_since_ = false;  // an attempt has ended since the last of them
};

}  // namespace dispatch::journal::audit

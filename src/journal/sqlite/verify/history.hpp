#pragma once

#include "event/delivery_state.hpp"
#include "event/outcome.hpp"
#include "journal/rows.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace dispatch::journal::audit {

/// A row of deliveries as stored, valid or not; NULL becomes nothing.
struct StoredDelivery {
  DeliveryKey key;
  std::int64_t state = 0;
  std::optional<std::int64_t> state_at;
  std::int64_t attempts = 0;
  std::int64_t forgiven = 0;
  std::optional<std::int64_t> began_at, began_turn, ended_turn, took, status;

  bool throttled = false;                    ///< true: throttled_since is set
  bool direct = false;                       ///< true: not of a subscription
  std::optional<std::int64_t> removed_turn;  ///< the turn in which its subscription was removed

  bool is(DeliveryState wanted) const { return state == static_cast<std::int64_t>(wanted); }
  bool known_state() const { return state >= 0 && state <= 5; }
  /// True if it failed because its subscription was removed.
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

  /// True if no other attempt may follow.
  bool is_last() const { return succeeded() || is(OutcomeKind::not_meant); }

  /// True for an answer of 2xx without an objection, or if a broker has accepted the event.
  bool succeeded() const {
    if (is(OutcomeKind::acknowledged)) return true;
    return is(OutcomeKind::answered) && status >= 200 && status <= 299 && !with_error;
  }
};

/// The turns in which operators acted on one delivery, in order.
struct Moves {
  std::vector<std::int64_t> releases, discards;
  std::vector<std::int64_t> cancellations;
  bool dated = true;  ///< false: one of them has no turn, because a program of version 1 recorded none
};

/// The summary of all attempts of one delivery; take() adds one attempt after the other.
struct History {
  Moves moves;  ///< set before the first attempt
  std::int64_t rows = 0;
  std::optional<std::int64_t> hole;       ///< the first missing attempt number
  std::optional<std::int64_t> early_end;  ///< the first final attempt that another one followed
  std::optional<StoredAttempt>
      disordered;  ///< the first that began before its predecessor ended, or ended before it began
  std::int64_t latest_turn = 0;
  std::int64_t forgiven = 0;                     ///< number of attempts that do not count against the limit
  bool throttled = false;                        ///< true: an attempt since the last release was throttled
  std::optional<std::int64_t> baseless_release;  ///< the first release without a dead letter
  std::optional<StoredAttempt> unsound;          ///< the first with an impossible outcome
  std::optional<StoredAttempt> last;

  void take(const StoredAttempt& attempt);

  /// Notes that an attempt began in one turn and ended in a later one; an attempt under way ends in the last
  /// possible turn. take() calls it for attempts with a row.
  void pass(std::int64_t began_turn, std::int64_t ended_turn);

  /// Ends the history.
  void finish();

 private:
  void release();

  std::size_t released_ = 0;  // number of releases before the current attempt
  bool ended_since_ = false;  // true: an attempt has ended since the last release
};

}  // namespace dispatch::journal::audit

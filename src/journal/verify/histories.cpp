#include "journal/ledger/reading.hpp"
#include "journal/verify/audit.hpp"
#include "journal/verify/history.hpp"

#include <array>
#include <string>

#include <fmt/format.h>

namespace dispatch::journal::audit {

namespace {

std::string_view name_of_state(const StoredDelivery& delivery) {
  return to_string(static_cast<DeliveryState>(delivery.state));
}

// The rules. Each gives what is wrong with one delivery, or nothing.
using Verdict = std::optional<std::string>;

Verdict state_is_known(const StoredDelivery& delivery, const History&) {
  if (delivery.known_state()) return std::nullopt;
  return fmt::format("its state is {}, which there is not", delivery.state);
}

// The outcome of the latest attempt stands in no row of attempts while it is under way, or where it was a
// plain success.
bool latest_may_be_elsewhere(const StoredDelivery& delivery) {
  return delivery.is(DeliveryState::in_flight) || delivery.is(DeliveryState::completed);
}

Verdict attempts_are_numbered(const StoredDelivery& delivery, const History& history) {
  if (history.hole && *history.hole <= delivery.attempts)
    return fmt::format("attempt {} is not recorded", *history.hole);
  if (history.rows > delivery.attempts) {
    return fmt::format("it has had {} attempts and {} are recorded", delivery.attempts, history.rows);
  }
  const auto least = latest_may_be_elsewhere(delivery) ? delivery.attempts - 1 : delivery.attempts;
  if (history.rows < least) {
    return fmt::format("it has had {} attempts and {} are recorded", delivery.attempts, history.rows);
  }
  if (delivery.is(DeliveryState::in_flight) && history.rows == delivery.attempts && delivery.attempts > 0) {
    return fmt::format("attempt {} is under way and has an outcome at once", delivery.attempts);
  }
  return std::nullopt;
}

Verdict sent_once(const StoredDelivery& delivery, const History& history) {
  auto success = history.early_success;
  // The latest attempt has no row of its own where it is under way or was a plain success.
  if (!success && history.last && history.last->succeeded() && history.last->number < delivery.attempts) {
    success = history.last->number;
  }
  if (!success) return std::nullopt;
  return fmt::format("attempt {} succeeded and it was sent again", *success);
}

Verdict state_follows(const StoredDelivery& delivery, const History& history) {
  if (!delivery.known_state()) return std::nullopt;
  const bool begun = delivery.attempts > 0;
  if (!delivery.is(DeliveryState::pending) && !begun) {
    return fmt::format("it is {} and was never attempted", name_of_state(delivery));
  }
  if (begun && (!delivery.began_at || !delivery.began_turn)) {
    return std::string{"it was attempted and does not say when"};
  }
  if (is_final(static_cast<DeliveryState>(delivery.state)) && !delivery.ended_turn) {
    return fmt::format("it is {} and no outcome was committed", name_of_state(delivery));
  }
  const bool has_last_row = history.last && history.last->number == delivery.attempts;
  if (!has_last_row) return std::nullopt;
  if (delivery.is(DeliveryState::completed)) {
    if (history.last->outcome == static_cast<std::int64_t>(OutcomeKind::answered)) return std::nullopt;
    return std::string{"it is completed and its last attempt got no answer"};
  }
  if (history.last->succeeded() && !delivery.is(DeliveryState::in_flight)) {
    return fmt::format("it is {} and its last attempt succeeded", name_of_state(delivery));
  }
  return std::nullopt;
}

Verdict state_has_its_time(const StoredDelivery& delivery, const History&) {
  if (!delivery.known_state()) return std::nullopt;
  const bool needed = delivery.is(DeliveryState::in_flight) || delivery.is(DeliveryState::retry_wait) ||
                      delivery.is(DeliveryState::dead_letter);
  if (needed && !delivery.state_at) {
    return fmt::format("it is {} without a time, so that nothing will find it", name_of_state(delivery));
  }
  if (!needed && delivery.state_at)
    return fmt::format("it is {} and has a time of its state", name_of_state(delivery));
  if (delivery.is(DeliveryState::in_flight) && delivery.began_at &&
      *delivery.began_at != *delivery.state_at) {
    return std::string{"it is in_flight since another time than its attempt began"};
  }
  return std::nullopt;
}

Verdict forgiven_are_attempts(const StoredDelivery& delivery, const History&) {
  if (delivery.forgiven < 0 || delivery.forgiven > delivery.attempts) {
    return fmt::format("{} of its {} attempts are forgiven", delivery.forgiven, delivery.attempts);
  }
  if (delivery.is(DeliveryState::pending) && delivery.forgiven != delivery.attempts) {
    return fmt::format("it was released and {} of its {} attempts still count",
                       delivery.attempts - delivery.forgiven, delivery.attempts);
  }
  return std::nullopt;
}

Verdict turns_are_in_order(const StoredDelivery& delivery, const History& history) {
  if (history.disordered) {
    return fmt::format(
        "attempt {} began at turn {} and ended at turn {}, before it began or before the one before it ended",
        history.disordered->number, history.disordered->began_turn, history.disordered->ended_turn);
  }
  const bool under_way = delivery.is(DeliveryState::in_flight);
  if (!under_way && delivery.began_turn && delivery.ended_turn &&
      *delivery.ended_turn < *delivery.began_turn) {
    return fmt::format("its outcome was committed at turn {} and its intent at turn {}", *delivery.ended_turn,
                       *delivery.began_turn);
  }
  const bool last_has_row = history.last && history.last->number >= delivery.attempts;
  if (history.last && !last_has_row && delivery.began_turn &&
      *delivery.began_turn < history.last->ended_turn) {
    return fmt::format("attempt {} began at turn {} and the one before it ended at turn {}",
                       delivery.attempts, *delivery.began_turn, history.last->ended_turn);
  }
  return std::nullopt;
}

struct Rule {
  Check check;
  Verdict (*judge)(const StoredDelivery&, const History&);
};

constexpr Rule rules[] = {
    {Check::state, state_is_known},
    {Check::attempts_numbered, attempts_are_numbered},
    {Check::once, sent_once},
    {Check::state, state_follows},
    {Check::state_time, state_has_its_time},
    {Check::forgiven, forgiven_are_attempts},
    {Check::turns, turns_are_in_order},
};

std::optional<std::int64_t> integer_if_any(const Statement::Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return rows.integer(column);
}

DeliveryKey key(const Statement::Rows& rows) {
  return {OutletNo{rows.integer(0)}, Position{rows.integer(1)}, rows.integer(2)};
}

// Reads deliveries and attempts side by side; both are kept in the order of their keys.
class HistoryWalk {
 public:
  explicit HistoryWalk(Audit& audit)
      : audit_(audit),
        last_turn_(reading::number_of(audit.database(), "SELECT turn FROM progress")),
        deliveries_(audit.database(),
                    "SELECT outlet_no, position, generation, state, state_at, attempts, forgiven, began_at, "
                    "began_turn, "
                    "ended_turn FROM deliveries ORDER BY outlet_no, position, generation"),
        attempts_(
            audit.database(),
            "SELECT outlet_no, position, generation, attempt, began_turn, ended_turn, outcome, status, "
            "coalesce(error, '') <> '' FROM attempts ORDER BY outlet_no, position, generation, attempt") {}

  void walk() {
    auto deliveries = deliveries_.rows();
    auto attempts = attempts_.rows();
    next(attempts);
    while (deliveries.next()) {
      const auto delivery = read(deliveries);
      for (; attempt_ && attempt_->key < delivery.key; next(attempts)) stray();
      History history;
      for (; attempt_ && attempt_->key == delivery.key; next(attempts)) {
        history.take(*attempt_);
        ++audit_.report().attempts;
      }
      judge(delivery, history);
    }
    for (; attempt_; next(attempts)) stray();
    compare_tally();
  }

 private:
  static StoredDelivery read(const Statement::Rows& rows) {
    StoredDelivery delivery;
    delivery.key = key(rows);
    delivery.state = rows.integer(3);
    delivery.state_at = integer_if_any(rows, 4);
    delivery.attempts = rows.integer(5);
    delivery.forgiven = rows.integer(6);
    delivery.began_at = integer_if_any(rows, 7);
    delivery.began_turn = integer_if_any(rows, 8);
    delivery.ended_turn = integer_if_any(rows, 9);
    return delivery;
  }

  void next(Statement::Rows& rows) {
    attempt_.reset();
    if (!rows.next()) return;
    attempt_ = StoredAttempt{key(rows),       rows.integer(3), rows.integer(4),     rows.integer(5),
                             rows.integer(6), rows.integer(7), rows.integer(8) != 0};
  }

  void stray() {
    audit_.found(Check::attempts_numbered, attempt_->key,
                 fmt::format("attempt {} is recorded of a delivery that is not there", attempt_->number));
  }

  void judge(const StoredDelivery& delivery, const History& history) {
    ++audit_.report().deliveries;
    if (delivery.known_state()) ++counted_[static_cast<std::size_t>(delivery.state)];
    for (const auto& rule : rules) {
      if (const auto wrong = rule.judge(delivery, history)) audit_.found(rule.check, delivery.key, *wrong);
    }
    const auto latest =
        std::max({history.latest_turn, delivery.began_turn.value_or(0), delivery.ended_turn.value_or(0)});
    if (latest > last_turn_) {
      audit_.found(Check::turns, delivery.key,
                   fmt::format("it tells of turn {} and the last turn committed was {}", latest, last_turn_));
    }
  }

  void compare_tally() {
    std::array<std::int64_t, 6> told{};
    Statement statement{audit_.database(), "SELECT state, deliveries FROM tally WHERE state BETWEEN 0 AND 5"};
    auto rows = statement.rows();
    while (rows.next()) told[static_cast<std::size_t>(rows.integer(0))] = rows.integer(1);
    for (std::size_t state = 0; state < told.size(); ++state) {
      if (told[state] == counted_[state]) continue;
      audit_.found(Check::tally, fmt::format("{} deliveries are {} and the tally says {}", counted_[state],
                                             to_string(static_cast<DeliveryState>(state)), told[state]));
    }
  }

  Audit& audit_;
  std::int64_t last_turn_;
  Statement deliveries_;
  Statement attempts_;
  std::optional<StoredAttempt> attempt_;
  std::array<std::int64_t, 6> counted_{};
};

}  // namespace

void check_histories(Audit& audit) {
  HistoryWalk{audit}.walk();
}

}  // namespace dispatch::journal::audit

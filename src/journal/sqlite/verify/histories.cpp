#include "journal/sqlite/reader/reading.hpp"
#include "journal/sqlite/verify/audit.hpp"
#include "journal/sqlite/verify/history.hpp"
#include "journal/sqlite/writing/lane_wakeups.hpp"

#include <array>
#include <limits>
#include <string>
#include <unordered_map>

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
  return fmt::format("its state is {}, which does not exist", delivery.state);
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

// A row that is incomplete is the finding of other rules.
bool is_complete(const StoredDelivery& delivery, const History& history) {
  return delivery.known_state() && history.moves.dated && !history.hole &&
         !attempts_are_numbered(delivery, history);
}

Verdict outcomes_are_sound(const StoredDelivery&, const History& history) {
  if (!history.unsound) return std::nullopt;
  return fmt::format("attempt {} has the outcome {} and the status {}, which do not go together",
                     history.unsound->number, history.unsound->outcome, history.unsound->status);
}

Verdict latest_agrees(const StoredDelivery& delivery, const History& history) {
  if (!is_complete(delivery, history)) return std::nullopt;
  if (delivery.attempts == 0) {
    const bool silent = !delivery.began_at && !delivery.began_turn && !delivery.ended_turn &&
                        !delivery.took && !delivery.status;
    if (!silent) return std::string{"it was never attempted and tells of an attempt"};
    return std::nullopt;
  }
  const bool under_way = delivery.is(DeliveryState::in_flight);
  if (history.rows < delivery.attempts && !under_way) {  // a plain success
    if (!delivery.took || !delivery.status)
      return std::string{"it is completed and does not say how long it took or with what status"};
    return std::nullopt;
  }
  if (!history.last) {
    if (delivery.ended_turn || delivery.took || delivery.status)
      return std::string{"its first attempt is under way and tells of its end"};
    return std::nullopt;
  }
  // While an attempt is under way, the end is still that of the one before it.
  const StoredAttempt& last = *history.last;
  const bool same_start =
      under_way || (delivery.began_at == last.began_at && delivery.began_turn == last.began_turn);
  const bool same_end =
      delivery.ended_turn == last.ended_turn && delivery.took == last.took && delivery.status == last.status;
  if (same_start && same_end) return std::nullopt;
  return fmt::format("it does not say of attempt {} what is recorded of it", last.number);
}

Verdict sent_once(const StoredDelivery& delivery, const History& history) {
  auto early = history.early_end;
  // The latest attempt has no row of its own where it is under way or was a plain success.
  if (!early && history.last && history.last->is_last() && history.last->number < delivery.attempts) {
    early = history.last->number;
  }
  if (!early) return std::nullopt;
  return fmt::format("attempt {} succeeded, or found it not meant, and it was sent again", *early);
}

bool is_not_meant(const StoredDelivery& delivery, const History& history) {
  return history.last && history.last->number == delivery.attempts &&
         history.last->is(OutcomeKind::not_meant);
}

Verdict state_follows(const StoredDelivery& delivery, const History& history) {
  if (!delivery.known_state()) return std::nullopt;
  const bool begun = delivery.attempts > 0;
  const bool cancelled = delivery.is(DeliveryState::failed) && !history.moves.cancellations.empty();
  if (!delivery.is(DeliveryState::pending) && !begun && !delivery.given_up() && !cancelled) {
    return fmt::format("it is {} and was never attempted", name_of_state(delivery));
  }
  if (begun && (!delivery.began_at || !delivery.began_turn)) {
    return std::string{"it was attempted and does not say when"};
  }
  if (begun && is_final(static_cast<DeliveryState>(delivery.state)) && !delivery.ended_turn) {
    return fmt::format("it is {} and no outcome was committed", name_of_state(delivery));
  }
  const bool has_last_row = history.last && history.last->number == delivery.attempts;
  if (!has_last_row) return std::nullopt;
  if (delivery.is(DeliveryState::completed)) {
    if (history.last->is(OutcomeKind::answered) || history.last->is(OutcomeKind::acknowledged))
      return std::nullopt;
    return std::string{"it is completed and its last attempt got no answer"};
  }
  if (history.last->succeeded() && !delivery.is(DeliveryState::in_flight)) {
    return fmt::format("it is {} and its last attempt succeeded", name_of_state(delivery));
  }
  if (is_not_meant(delivery, history) && delivery.direct) {
    return std::string{"it is of no subscription, and its last attempt found it not meant"};
  }
  if (is_not_meant(delivery, history) && !delivery.is(DeliveryState::failed)) {
    return fmt::format("it is {} and its last attempt found it not meant", name_of_state(delivery));
  }
  return std::nullopt;
}

Verdict state_has_its_time(const StoredDelivery& delivery, const History&) {
  if (!delivery.known_state()) return std::nullopt;
  const bool needed = delivery.is(DeliveryState::retry_wait) || delivery.is(DeliveryState::dead_letter);
  if (needed && !delivery.state_at) {
    return fmt::format("it is {} without a time, so that nothing will find it", name_of_state(delivery));
  }
  if (!needed && delivery.state_at)
    return fmt::format("it is {} and has a time of its state", name_of_state(delivery));
  return std::nullopt;
}

Verdict forgiven_are_attempts(const StoredDelivery& delivery, const History& history) {
  if (delivery.forgiven < 0 || delivery.forgiven > delivery.attempts) {
    return fmt::format("{} of its {} attempts are forgiven", delivery.forgiven, delivery.attempts);
  }
  if (is_complete(delivery, history) && delivery.forgiven != history.forgiven) {
    return fmt::format("{} of its {} attempts are forgiven and {} should be", delivery.forgiven,
                       delivery.attempts, history.forgiven);
  }
  if (is_complete(delivery, history) && delivery.throttled != history.throttled) {
    return fmt::format("it says {}since when its receiver asks for time, and {} of its attempts was put off",
                       delivery.throttled ? "" : "not ", history.throttled ? "one" : "none");
  }
  return std::nullopt;
}

Verdict operators_moved_it(const StoredDelivery& delivery, const History& history) {
  if (!is_complete(delivery, history)) return std::nullopt;
  const auto& [releases, discards, cancellations, dated] = history.moves;
  if (history.baseless_release)
    return fmt::format("it was released at turn {} and was no dead letter", *history.baseless_release);
  if (delivery.is(DeliveryState::failed)) {
    const auto given_up = discards.size() + cancellations.size();
    if (given_up == 0 && (delivery.given_up() || is_not_meant(delivery, history))) return std::nullopt;
    if (given_up == 1 &&
        (discards.empty() ? cancellations : discards).front() > delivery.ended_turn.value_or(0))
      return std::nullopt;
    return std::string{
        "it is failed, it was meant, and no operator has discarded or cancelled it, or more than once"};
  }
  if (!cancellations.empty()) {
    return fmt::format("it was cancelled at turn {} and is {}", cancellations.front(),
                       name_of_state(delivery));
  }
  if (!discards.empty())
    return fmt::format("it was discarded at turn {} and is {}", discards.front(), name_of_state(delivery));
  const bool again = delivery.is(DeliveryState::pending) && delivery.attempts > 0;
  if (again && (releases.empty() || releases.back() <= delivery.ended_turn.value_or(0)))
    return std::string{"it was attempted and is pending again, and no operator has released it"};
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
      *delivery.ended_turn <= *delivery.began_turn) {
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
  Verdict (*find_wrong)(const StoredDelivery&, const History&);
};

constexpr Rule rules[] = {
    {Check::state, state_is_known},
    {Check::attempts_numbered, attempts_are_numbered},
    {Check::outcomes, outcomes_are_sound},
    {Check::latest, latest_agrees},
    {Check::once, sent_once},
    {Check::state, state_follows},
    {Check::state_time, state_has_its_time},
    {Check::forgiven, forgiven_are_attempts},
    {Check::operators, operators_moved_it},
    {Check::turns, turns_are_in_order},
};

std::optional<std::int64_t> integer_if_any(const Statement::Rows& rows, int column) {
  if (rows.is_null(column)) return std::nullopt;
  return rows.integer(column);
}

DeliveryKey key(const Statement::Rows& rows) {
  return {QueueNo{rows.integer(0)}, Position{rows.integer(1)}, rows.integer(2)};
}

// Reads deliveries and attempts side by side; both are kept in the order of their keys.
class HistoryWalk {
 public:
  explicit HistoryWalk(Audit& audit)
      : audit_(audit),
        last_turn_(reading::number_of(audit.database(), "SELECT turn FROM progress")),
        deliveries_(
            audit.database(),
            "SELECT queue_no, position, generation, state, state_at, attempts, forgiven, began_at, "
            "began_turn, ended_turn, took, status, subscription_no, throttled_since FROM all_deliveries"
            " ORDER BY queue_no, position, generation"),
        attempts_(audit.database(),
                  "SELECT queue_no, position, generation, attempt, began_at, began_turn, ended_turn, took, "
                  "outcome, "
                  "status, coalesce(error, '') <> '', excerpt IS NOT NULL"
                  " FROM attempts ORDER BY queue_no, position, generation, attempt"),
        moves_(audit.database(),
               "SELECT queue_no, position, generation, verb, turn FROM actions"
               " WHERE verb IN (0, 1, 12) AND queue_no IS NOT NULL"
               " ORDER BY queue_no, position, generation, action_no") {
    Statement statement{audit.database(), "SELECT subscription_no, turn FROM actions WHERE verb = 6"};
    auto rows = statement.rows();
    while (rows.next()) removed_[rows.integer(0)] = rows.integer(1);
  }

  void walk() {
    auto deliveries = deliveries_.rows();
    auto attempts = attempts_.rows();
    auto moves = moves_.rows();
    next(attempts);
    more_ = moves.next();
    while (deliveries.next()) {
      const auto delivery = read(deliveries);
      for (; attempt_ && attempt_->key < delivery.key; next(attempts)) stray();
      History history;
      history.moves = moves_of(delivery.key, moves);
      for (; attempt_ && attempt_->key == delivery.key; next(attempts)) {
        history.take(*attempt_);
        ++audit_.report().attempts;
      }
      pass_latest(delivery, history);
      check_delivery(delivery, history);
    }
    for (; attempt_; next(attempts)) stray();
    compare_state_counts();
  }

 private:
  StoredDelivery read(const Statement::Rows& rows) const {
    StoredDelivery delivery;
    delivery.key = key(rows);
    delivery.state = rows.integer(3);
    delivery.state_at = integer_if_any(rows, 4);
    delivery.attempts = rows.integer(5);
    delivery.forgiven = rows.integer(6);
    delivery.began_at = integer_if_any(rows, 7);
    delivery.began_turn = integer_if_any(rows, 8);
    delivery.ended_turn = integer_if_any(rows, 9);
    delivery.took = integer_if_any(rows, 10);
    delivery.status = integer_if_any(rows, 11);
    delivery.direct = rows.integer(12) == 0;
    delivery.throttled = !rows.is_null(13);
    if (const auto removed = removed_.find(rows.integer(12)); removed != removed_.end())
      delivery.removed_turn = removed->second;
    return delivery;
  }

  static std::vector<std::int64_t>& turns_of(Verb verb, Moves& moves) {
    if (verb == Verb::release) return moves.releases;
    return verb == Verb::discard ? moves.discards : moves.cancellations;
  }

  // What operators did to a delivery that is not there is found elsewhere.
  Moves moves_of(const DeliveryKey& wanted, Statement::Rows& rows) {
    Moves moves;
    for (; more_ && key(rows) <= wanted; more_ = rows.next()) {
      if (key(rows) < wanted) continue;
      moves.dated = moves.dated && !rows.is_null(4);
      if (rows.is_null(4)) continue;
      turns_of(static_cast<Verb>(rows.integer(3)), moves).push_back(rows.integer(4));
    }
    return moves;
  }

  // The latest attempt has no row where it is under way or was a plain success.
  static void pass_latest(const StoredDelivery& delivery, History& history) {
    if (history.rows < delivery.attempts && delivery.began_turn) {
      const bool ended = !delivery.is(DeliveryState::in_flight) && delivery.ended_turn;
      history.pass(*delivery.began_turn,
                   ended ? *delivery.ended_turn : std::numeric_limits<std::int64_t>::max());
    }
    history.finish();
  }

  void next(Statement::Rows& rows) {
    attempt_.reset();
    if (!rows.next()) return;
    attempt_ = StoredAttempt{.key = key(rows),
                             .number = rows.integer(3),
                             .began_at = rows.integer(4),
                             .began_turn = rows.integer(5),
                             .ended_turn = rows.integer(6),
                             .took = rows.integer(7),
                             .outcome = rows.integer(8),
                             .status = rows.integer(9),
                             .with_error = rows.integer(10) != 0,
                             .with_excerpt = rows.integer(11) != 0};
  }

  void stray() {
    audit_.found(Check::attempts_numbered, attempt_->key,
                 fmt::format("attempt {} belongs to a delivery that does not exist", attempt_->number));
  }

  void check_delivery(const StoredDelivery& delivery, const History& history) {
    ++audit_.report().deliveries;
    if (delivery.known_state()) ++counted_[static_cast<std::size_t>(delivery.state)];
    for (const auto& rule : rules) {
      if (const auto wrong = rule.find_wrong(delivery, history))
        audit_.found(rule.check, delivery.key, *wrong);
    }
    const auto latest =
        std::max({history.latest_turn, delivery.began_turn.value_or(0), delivery.ended_turn.value_or(0)});
    if (latest > last_turn_) {
      audit_.found(Check::turns, delivery.key,
                   fmt::format("it records turn {}, but the last committed turn was {}", latest, last_turn_));
    }
  }

  void compare_state_counts() {
    std::array<std::int64_t, 6> told{};
    Statement statement{audit_.database(),
                        "SELECT state, deliveries FROM state_counts WHERE state BETWEEN 0 AND 5"};
    auto rows = statement.rows();
    while (rows.next()) told[static_cast<std::size_t>(rows.integer(0))] = rows.integer(1);
    for (std::size_t state = 0; state < told.size(); ++state) {
      if (told[state] == counted_[state]) continue;
      audit_.found(Check::state_counts,
                   fmt::format("{} deliveries are {} and state_counts says {}", counted_[state],
                               to_string(static_cast<DeliveryState>(state)), told[state]));
    }
  }

  Audit& audit_;
  std::int64_t last_turn_;
  Statement deliveries_;
  Statement attempts_;
  Statement moves_;
  std::unordered_map<std::int64_t, std::int64_t> removed_;  // by subscription, the turn
  bool more_ = false;                                       // a row of moves_ stands there
  std::optional<StoredAttempt> attempt_;
  std::array<std::int64_t, 6> counted_{};
};

}  // namespace

void check_histories(Audit& audit) {
  HistoryWalk{audit}.walk();
}

}  // namespace dispatch::journal::audit

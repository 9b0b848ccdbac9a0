#include "journal/sqlite/verify/history.hpp"

#include <algorithm>

namespace dispatch::journal::audit {

namespace {

bool is_sound(const StoredAttempt& attempt) {
  if (attempt.outcome < 0 || attempt.outcome >= static_cast<std::int64_t>(outcome_kind_names.size()))
    return false;
  if (attempt.is(OutcomeKind::acknowledged))
    return attempt.status == 0 && attempt.took >= 0 && !attempt.with_error && !attempt.with_excerpt;
  const bool throttled = attempt.is(OutcomeKind::throttled);
  if (throttled && attempt.status != 429 && attempt.status != 503) return false;
  const bool answered = throttled || attempt.is(OutcomeKind::answered);
  return answered == (attempt.status != 0) && attempt.status >= 0 && attempt.took >= 0 &&
         (answered || attempt.with_error) && (answered || !attempt.with_excerpt);
}

}  // namespace

void History::take(const StoredAttempt& attempt) {
  ++rows;
  if (!hole && attempt.number != rows) hole = rows;
  if (last && last->is_last() && !early_end) early_end = last->number;
  const bool in_order =
      attempt.began_turn < attempt.ended_turn && (!last || last->ended_turn <= attempt.began_turn);
  if (!in_order && !disordered) disordered = attempt;
  if (!unsound && !is_sound(attempt)) unsound = attempt;
  latest_turn = std::max({latest_turn, attempt.began_turn, attempt.ended_turn});
  last = attempt;

  pass(attempt.began_turn, attempt.ended_turn);
  const bool before_release = !moves.releases.empty() && attempt.ended_turn < moves.releases.back();
  const bool uncounted = attempt.is(OutcomeKind::unknown) || attempt.is(OutcomeKind::withdrawn) ||
                         attempt.is(OutcomeKind::local_failure) || attempt.is(OutcomeKind::not_meant) ||
                         attempt.is(OutcomeKind::throttled);
  if (before_release || uncounted) ++forgiven;
  if (!before_release && attempt.is(OutcomeKind::throttled)) throttled = true;
}

void History::pass(std::int64_t began_turn, std::int64_t ended_turn) {
  while (released_ < moves.releases.size() && moves.releases[released_] <= ended_turn) {
    if (moves.releases[released_] >= began_turn) ended_since_ = false;  // in the middle of an attempt
    release();
  }
  ended_since_ = true;
}

void History::finish() {
  while (released_ < moves.releases.size()) release();
}

void History::release() {
  if (!ended_since_ && !baseless_release) baseless_release = moves.releases[released_];
  ended_since_ = false;
  ++released_;
}

}  // namespace dispatch::journal::audit

#include "journal/verify/history.hpp"

#include <algorithm>

namespace dispatch::journal::audit {

void History::take(const StoredAttempt& attempt) {
  ++rows;
  if (!hole && attempt.number != rows) hole = rows;
  if (last && last->succeeded() && !early_success) early_success = last->number;
  const bool in_order =
      attempt.began_turn <= attempt.ended_turn && (!last || last->ended_turn <= attempt.began_turn);
  if (!in_order && !disordered) disordered = attempt;
  latest_turn = std::max({latest_turn, attempt.began_turn, attempt.ended_turn});
  last = attempt;
}

}  // namespace dispatch::journal::audit

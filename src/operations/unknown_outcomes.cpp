#include "operations/unknown_outcomes.hpp"

#include "base/fail_point.hpp"
#include "operations/walk.hpp"

namespace dispatch::operations {

Result<std::int64_t> acknowledge(journal::Journal& journal, const Clock& clock,
                                 const journal::DeliveryFilter& meant, const Manner& manner) {
  DISPATCH_TRY(check_names(journal, meant));
  if (manner.dry_run) return journal.unknown_outcomes(meant);
  std::int64_t acknowledged = 0;
  for (;;) {
    auto turn = journal::Turn::begin(journal);
    if (!turn) return tl::unexpected(std::move(turn).error());
    const auto some = journal.acknowledge(meant, clock.wall(), manner.at_a_time);
    if (!some) return some;
    if (*some == 0) return acknowledged;
    fail_point(FailPoint::operator_staged);
    DISPATCH_TRY(turn->commit());
    fail_point(FailPoint::operator_committed);
    acknowledged += *some;
  }
}

}  // namespace dispatch::operations

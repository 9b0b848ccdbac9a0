#include "operations/unknown_outcomes.hpp"

#include "operations/commit.hpp"
#include "operations/walk.hpp"

namespace dispatch::operations {

Result<std::int64_t> acknowledge(journal::Journal& journal, const Clock& clock,
                                 const journal::DeliveryFilter& meant, const OperationOptions& options) {
  DISPATCH_TRY(check_names(journal, meant));
  if (options.dry_run) return journal.unknown_outcomes(meant);
  std::int64_t acknowledged = 0;
  for (;;) {
    DISPATCH_ASSIGN(auto transaction, journal.begin());
    const auto some = transaction->acknowledge(meant, clock.wall(), options.at_a_time);
    if (!some) return some;
    if (*some == 0) return acknowledged;
    acknowledged += *some;
    DISPATCH_TRY(commit(*transaction, journal, acknowledged));
  }
}

}  // namespace dispatch::operations

#include "flow/takeover.hpp"

#include "base/fail_point.hpp"
#include "policy/retry.hpp"

#include <string>

#include <fmt/format.h>

namespace dispatch::flow {
namespace {

constexpr std::size_t orphans_per_turn = 1000;

Result<std::size_t> recover(const Acceptance& context, const RunOptions& options,
                            const journal::Abandoned& left, WallTime now) {
  std::size_t recovered = 0;
  for (std::size_t some = orphans_per_turn; some == orphans_per_turn; recovered += some) {
    DISPATCH_ASSIGN(auto transaction, context.journal.begin());
    DISPATCH_ASSIGN(const auto count, transaction->recover(options.orphans, left, now, orphans_per_turn));
    if (count > 0) fail_point(FailPoint::orphans_staged);
    DISPATCH_TRY(journal::commit_durably(*transaction));
    if (count > 0) fail_point(FailPoint::orphans_committed);
    some = count;
  }
  return recovered;
}

Result<std::int64_t> bound_waits(const Acceptance& context, const RunOptions& options, WallTime now) {
  DISPATCH_ASSIGN(auto transaction, context.journal.begin());
  const auto bounded = transaction->bound_waits(now, policy::longest_wait(options.retry));
  if (!bounded) return bounded;
  DISPATCH_TRY(journal::commit_durably(*transaction));
  return bounded;
}

}  // namespace

Result<std::size_t> take_over(const Acceptance& context, const RunOptions& options,
                              const journal::Abandoned& left, WallTime now) {
  const auto recovered = recover(context, options, left, now);
  if (!recovered) return recovered;
  if (*recovered > 0)
    context.log->warn(
        "{} attempt(s) were under way when the last run ended; their outcome is unknown; they {}; see: "
        "dispatch "
        "events list --unknown",
        *recovered,
        options.orphans == journal::Orphans::retry ? "are sent again with the same idempotency key"
                                                   : "are held in the dead letters");
  DISPATCH_ASSIGN(const auto bounded, bound_waits(context, options, now));
  if (bounded > 0)
    context.log->info("{} due earlier now: the clock was set back, or this run allows shorter waits only",
                      bounded == 1 ? "1 retry is" : fmt::format("{} retries are", bounded));
  return recovered;
}

}  // namespace dispatch::flow

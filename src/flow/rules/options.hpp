#pragma once

#include "delivery/request_limits.hpp"
#include "event/subscription.hpp"
#include "flow/observe/missing_order.hpp"
#include "flow/rules/commit_limits.hpp"
#include "flow/rules/sync_rule.hpp"
#include "flow/rules/window_limits.hpp"
#include "journal/rows.hpp"
#include "policy/breaker.hpp"
#include "policy/classify.hpp"
#include "policy/retry.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dispatch::flow {

/// The options of a run.
struct RunOptions {
  policy::RetryPolicy retry;
  policy::StatusTable
      statuses;  ///< default: empty, which means that 2xx succeeds and everything else is retried
  journal::Orphans orphans =
      journal::Orphans::retry;  ///< what happens to deliveries that were in flight at a crash
  journal::StreamStart stream_start;
  /// Maximum wait for missing sequence numbers, from when the gap appeared; then they are given up. Nothing:
  /// only an operator gives them up.
  std::optional<std::chrono::microseconds> gap_patience = {};
  std::optional<Rate> rate;  ///< for direct deliveries, at each destination; nothing: no limit
  std::optional<policy::BreakerPolicy> breaker;  ///< for each destination; nothing: no circuit breakers
  /// True: a destination that has asked for time, or was down, starts with a low rate.
  bool starts_slowly = true;
  delivery::RequestLimits requests;  ///< concurrent requests, to one host and in the whole run
  /// The number of requests, for each host and in all, that are committed beyond `requests` and wait above
  /// the transport. With it, a free connection does not wait for the journal. After a crash, up to this many
  /// more outcomes are unknown.
  std::size_t ahead = 0;
  std::vector<std::string> inputs = {};           ///< the inputs in order, as given; "-": standard input
  CommitWait commit_wait = CommitWait::as_suits;  ///< whether the next turn waits until a commit is durable
  /// True: there is no input. If another process dispatches, this run follows the whole journal.
  bool follow_all = false;
  /// True: requests go through a proxy. An answer over plain HTTP may then be the proxy's.
  bool through_proxy = false;
  bool stop_on_reject = false;  ///< take no further input after the first rejected line
  /// Limit of rejected lines and their bytes, in the journal and in the rejects file of this run. When it
  /// would be exceeded, no further input is taken.
  journal::RejectCount rejects_most{.lines = 100'000, .bytes = std::int64_t{256} * 1024 * 1024};
  /// True: --field builds event ids from several parts, with '#' between them.
  bool joins_ids = false;
  OrderPointers order_pointers;             ///< where --field finds the ordering fields
  std::optional<WindowLimits> window = {};  ///< nothing: derived from the limits above

  CommitLimits commit_limits() const { return {requests, ahead}; }
  WindowLimits window_limits() const { return window ? *window : WindowLimits::suiting(commit_limits()); }
};

}  // namespace dispatch::flow

#pragma once

#include "event/subscription.hpp"
#include "flow/observe/missing_order.hpp"
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
  policy::StatusTable statuses;                        ///< default empty: 2xx succeeds, all else is retried
  journal::Orphans orphans = journal::Orphans::retry;  ///< what a crash left in flight
  journal::StreamStart stream_start;
  /// How long missing sequence numbers are waited for, from when they were missed; then they are given up.
  /// Nothing: until an operator skips them.
  std::optional<std::chrono::microseconds> gap_patience = {};
  std::optional<Rate> rate;  ///< of direct deliveries, to each destination; nothing: no limit
  std::optional<policy::BreakerPolicy> breaker;  ///< of each destination; nothing: none
  /// A destination that has asked for time, or was down, is given work slowly at first.
  bool starts_slowly = true;
  std::size_t per_host = 50;   ///< requests at a time to one host; at least 1
  std::size_t workers = 1000;  ///< requests at a time in the whole run; at least 1
  /// The number of requests, for each host and in all, that are committed and handed to the transport beyond
  /// what it may have under way. With it, a free connection does not wait for the journal. After a crash, up
  /// to this many more outcomes are unknown.
  std::size_t ahead = 0;
  std::vector<std::string> inputs = {};  ///< what is read, in its order, as it was given; "-": standard input
  /// There is no input: where another process dispatches, the whole journal is followed.
  bool follow_all = false;
  /// Requests go through a proxy. An answer over plain http may then be the proxy's.
  bool through_proxy = false;
  bool stop_on_reject = false;  ///< take no further input after the first rejected line
  /// As soon as more rejected lines, or more bytes of them, would wait in the journal, or be written by this
  /// run to its rejects file, no further input is taken.
  journal::RejectCount rejects_most{.lines = 100'000, .bytes = std::int64_t{256} * 1024 * 1024};
  /// --field joins the event ids of several parts, with '#' between them.
  bool joins_ids = false;
  OrderPointers order_pointers;             ///< what --field says of the fields that order events
  std::optional<WindowLimits> window = {};  ///< nothing: what suits the limits above

  WindowLimits window_limits() const {
    return window ? *window : WindowLimits::suiting(per_host, ahead, workers);
  }
};

}  // namespace dispatch::flow

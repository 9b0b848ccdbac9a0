#pragma once

#include "flow/observe/elsewhere.hpp"
#include "flow/observe/histogram.hpp"
#include "flow/observe/missing_order.hpp"
#include "ingest/batch/batch.hpp"
#include "journal/rows.hpp"
#include "policy/breaker.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// The state of one host.
struct HostStats {
  std::string host;                ///< empty: the sum of all other hosts
  std::uint64_t in_flight = 0;     ///< deliveries begun and not settled
  std::uint64_t permits_free = 0;  ///< of RunOptions::requests
  policy::Circuit::State circuit =
      policy::Circuit::State::closed;  ///< the worst state among its destinations
};

/// What a run has done so far, and the current state of the journal. A value.
struct RunStats {
  // Input of this run.
  std::uint64_t lines = 0;  ///< non-empty lines
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;   ///< for any reason
  std::uint64_t unmatched = 0;  ///< accepted, but no subscription selected them
  std::uint64_t numbered = 0;  ///< accepted without a sequence number; each got the next number of its entity
  Elsewhere elsewhere;
  RecordedElsewhere recorded_elsewhere;     ///< of the duplicates
  std::vector<MissingField> missing_order;  ///< of the accepted lines
  std::vector<ingest::UnreadInput> unread;  ///< inputs that were not read to their end, and will not be

  // Deliveries by this run.
  std::uint64_t delivered = 0;
  std::uint64_t attempts = 0;  ///< attempts that ended
  std::uint64_t retries = 0;   ///< failures after which another attempt was allowed
  std::uint64_t buried = 0;    ///< deliveries that became dead letters
  std::uint64_t not_meant =
      0;  ///< deliveries that the filter of their subscription excluded before the request
  std::uint64_t given_up = 0;      ///< failed during the run because of operators or removed subscriptions
  std::uint64_t unknown = 0;       ///< attempts with an unknown outcome: aborted, or found after a crash
  std::uint64_t in_flight = 0;     ///< attempts under way
  std::uint64_t ahead = 0;         ///< begun in the journal, and waiting for preparation or a free connection
  std::uint64_t host_limited = 0;  ///< first in their lane, waiting for a permit
  std::uint64_t rate_limited = 0;  ///< first in their lane, waiting for a rate limit
  std::uint64_t circuit_limited = 0;  ///< first in their lane, waiting for an open circuit
  std::uint64_t throttled = 0;        ///< first in their lane, waiting for a destination that asked for time
  std::optional<std::chrono::microseconds> hold_ends;  ///< time until the first of these holds ends
  journal::GapCount gaps_given_up;                     ///< gaps that this run gave up after the maximum wait
  std::uint64_t circuits_open = 0;                     ///< destinations whose circuit is open or half-open
  std::optional<std::chrono::microseconds>
      next_probe;                ///< time until the next probe of a circuit for which deliveries wait
  std::vector<HostStats> hosts;  ///< the busiest first; only with an observer, and at most a second old
  Histogram latency;             ///< latency of attempts that succeeded
  std::map<std::string, std::uint64_t> errors;  ///< failures by error text; bounded, the rest under "other"

  // The current state of the journal, including the work of other processes.
  journal::StateCounts state_counts;
  std::vector<std::string> paused;  ///< ids of paused subscriptions
  bool following =
      false;  ///< true: another process owns the journal and delivers; this run waits for its own events
};

/// The stats of a run, shared between the dispatcher's thread and the threads that show them. Thread-safe.
class SharedStats {
 public:
  template <class Change>
  void update(Change change) {
    const std::scoped_lock lock{mutex_};
    change(stats_);
  }
  RunStats snapshot() const {
    const std::scoped_lock lock{mutex_};
    return stats_;
  }

 private:
  mutable std::mutex mutex_;
  RunStats stats_;
};

}  // namespace dispatch::flow

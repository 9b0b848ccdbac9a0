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

/// One host, as it stands.
struct HostStats {
  std::string host;                                                 ///< empty: the others together
  std::uint64_t in_flight = 0;                                      ///< deliveries begun and not settled
  std::uint64_t permits_free = 0;                                   ///< of RunOptions::per_host
  policy::Circuit::State circuit = policy::Circuit::State::closed;  ///< the worst of its destinations
};

/// What a run has done so far and where the journal stands. A value.
struct RunStats {
  // Input of this run.
  std::uint64_t lines = 0;  ///< that held something
  std::uint64_t accepted = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;   ///< for any reason
  std::uint64_t unmatched = 0;  ///< accepted, and no subscription meant them
  std::uint64_t numbered = 0;   ///< accepted without a number, and given the next one of their entity
  Elsewhere elsewhere;
  RecordedElsewhere recorded_elsewhere;     ///< of the duplicates
  std::vector<MissingField> missing_order;  ///< of those accepted
  std::vector<ingest::UnreadInput> unread;  ///< inputs that were not read to their end, and will not be

  // Deliveries by this run.
  std::uint64_t delivered = 0;
  std::uint64_t attempts = 0;   ///< that ended
  std::uint64_t retries = 0;    ///< failures after which another attempt was allowed
  std::uint64_t buried = 0;     ///< that became dead letters
  std::uint64_t not_meant = 0;  ///< that the filter of their subscription, asked before the request, excludes
  std::uint64_t given_up = 0;   ///< during the run, by operators or because their subscription was removed
  std::uint64_t unknown = 0;    ///< attempts with an unknown outcome: aborted, or found after a crash
  std::uint64_t in_flight = 0;  ///< attempts under way
  std::uint64_t ahead = 0;      ///< begun in the journal, and waiting to be prepared or for a free connection
  std::uint64_t host_limited = 0;  ///< first in their lane, and waiting for a permit
  std::uint64_t rate_limited = 0;  ///< first in their lane, and waiting for a rate
  std::uint64_t resting = 0;       ///< first in their lane, and waiting for an open circuit
  std::uint64_t throttled = 0;     ///< first in their lane, and waiting for a destination that asked for time
  std::optional<std::chrono::microseconds> hold_ends;  ///< from now, the first of those
  journal::GapCount gaps_given_up;                     ///< that this run has waited for
  std::uint64_t circuits_open = 0;  ///< destinations that are left alone after failures, or only probed
  std::optional<std::chrono::microseconds> next_probe;  ///< from now, of what something waits for
  std::vector<HostStats>
      hosts;          ///< those with most to do first; where there is an observer, and a second old at most
  Histogram latency;  ///< of attempts that succeeded
  std::map<std::string, std::uint64_t>
      errors;  ///< failures by what they said; bounded, the rest under "other"

  // The journal as it stands, including what other processes did.
  journal::StateCounts state_counts;
  std::vector<std::string> paused;  ///< the ids of subscriptions that are
  bool following =
      false;  ///< another process owns the journal and delivers; this one waits for its own events
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

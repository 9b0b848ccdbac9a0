#pragma once

#include "base/error.hpp"
#include "journal/bucket.hpp"
#include "journal/rows.hpp"

namespace dispatch::journal {

/// The processes that dispatch a journal, and the buckets of hosts that each of them owns. A bucket has at
/// most one owner at a time. Ownership ends when the object is destroyed or the process ends for any reason.
/// Used by one thread at a time.
class Roster {
 public:
  virtual ~Roster() = default;

  /// Buckets that this process owns since the last join().
  struct Joined {
    Buckets won;
    Abandoned left;  ///< the previous owner of these buckets
  };

  /// Takes all buckets that have no owner; none if others own all. Does not wait; call it again from time to
  /// time. Returns `unavailable` if the journal was removed or replaced.
  virtual Result<Joined> join() = 0;

  /// The buckets that this process has lost to another owner since the last call. Send nothing more to their
  /// hosts.
  virtual Result<Buckets> lost() = 0;

  /// Gives up all buckets at once. For the next owner every delivery in flight has an unknown outcome.
  virtual void leave() noexcept = 0;
};

}  // namespace dispatch::journal

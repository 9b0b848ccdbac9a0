#pragma once

#include "base/error.hpp"
#include "journal/bucket.hpp"
#include "journal/rows.hpp"

namespace dispatch::journal {

/// The processes that dispatch a journal, and which buckets of hosts each of them owns. A bucket has at most
/// one owner at a time. Ownership ends with the object and with the process, however that ends. Used by one
/// thread at a time.
class Roster {
 public:
  virtual ~Roster() = default;

  /// What a process owns that it did not own before.
  struct Joined {
    Buckets won;
    Abandoned left;  ///< by whom these buckets were owned before
  };

  /// Takes part, and wins what nobody else owns: nothing where others own all. Does not wait; to be called
  /// again from time to time. `unavailable` where the journal was removed or replaced.
  virtual Result<Joined> join() = 0;

  /// The buckets that this process owned and that another owns now, since the last call. Nothing may be sent
  /// to their hosts any more.
  virtual Result<Buckets> lost() = 0;

  /// Gives up all buckets at once. Every delivery that is in flight is of unknown outcome to the next owner.
  virtual void leave() noexcept = 0;
};

}  // namespace dispatch::journal

#pragma once

#include "base/error.hpp"
#include "journal/rows.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace dispatch::journal {

/// The seam to the journal: the truth of which everything else is a cache.
///
/// All writing happens in turns: begin_turn, any number of writes, commit_turn. A turn is one transaction;
/// nothing of it is seen by others, or survives a crash, before its commit returns, and all of it does after.
/// Any number of processes may have turns on one journal; begin_turn waits for the others'. Reads see the
/// last commit, and inside a turn its own writes too.
///
/// An object is used by one thread at a time. An error leaves the turn to be abandoned; after an error from
/// commit_turn nothing of the turn may be assumed.
class Journal {
 public:
  virtual ~Journal() = default;

  // --- The turn
  virtual Result<> begin_turn() = 0;
  virtual Result<> commit_turn() = 0;
  virtual void abandon_turn() noexcept = 0;

  // --- Writes, inside a turn
  /// Appends events in the order given, each with a pending delivery for each of its routes. Verdicts in the
  /// same order. An arrival that is not accepted changes nothing and does not disturb the others. What the
  /// arrivals borrow must live until the turn has ended.
  virtual Result<AppendReport> append(std::span<const Arrival> arrivals, const StreamStart& start,
                                      WallTime now) = 0;

  /// Compare-and-set of each delivery from its intent's state to in_flight, and what is to be sent. Same
  /// order.
  virtual Result<std::vector<Begun>> begin(std::span<const Intent> intents, WallTime now) = 0;

  /// Records the end of attempts that are in flight. A delivery that is not in flight is an error (a bug).
  virtual Result<> settle(std::span<const Settlement> settlements) = 0;

  /// For a new owner: every delivery found in flight gets its attempt recorded as unknown, forgiven, and goes
  /// to retry_wait, due now, or to the dead letters. At most `limit` of them; returns how many, 0 when none
  /// is left.
  virtual Result<std::size_t> recover(Orphans orphans, WallTime now, std::size_t limit) = 0;

  /// Sends dead letters back to pending with their attempts forgiven, and wakes their lanes. Returns how
  /// many.
  virtual Result<std::int64_t> release(const DeadLetters& which, WallTime now) = 0;

  /// Gives dead letters up (failed) and wakes their lanes. Returns how many.
  virtual Result<std::int64_t> discard(const DeadLetters& which, WallTime now) = 0;

  /// Accepts that the lowest open gap of `entity` will not be filled, and wakes the lanes behind it. Returns
  /// the first and last number skipped, or nothing where the entity has no open gap.
  virtual Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> skip_gap(std::string_view entity,
                                                                                    WallTime now) = 0;

  /// Remembers from where the pump must read after a restart: `low` of each outlet given, and the last wake
  /// seen.
  virtual Result<> remember(std::span<const Outlet> outlets, std::int64_t last_wake) = 0;

  // --- Reads for the pump
  /// True where another process (or object) has committed since the last call, and on the first call. Cheap.
  virtual Result<bool> changed_elsewhere() = 0;

  /// Outlets with a number above `after`, by number.
  virtual Result<std::vector<Outlet>> outlets(OutletNo after) = 0;

  /// Deliveries of the outlet at positions above `after`, in the order of position and generation, whatever
  /// their state; at most `limit`. Fewer than `limit` means that the end was reached.
  virtual Result<std::vector<DeliveryRow>> scan(OutletNo outlet, Position after, std::size_t limit) = 0;

  /// Deliveries of the outlet in retry_wait that are due at `now`, the longest due first; at most `limit`.
  virtual Result<std::vector<DeliveryRow>> due(OutletNo outlet, WallTime now, std::size_t limit) = 0;

  /// When the first delivery of the outlet in retry_wait after `after` is due; `after` itself excluded.
  virtual Result<std::optional<WallTime>> next_due(OutletNo outlet, WallTime after) = 0;

  /// What stands before `row` in its lane. `row` must have an entity.
  virtual Result<Predecessor> predecessor(const DeliveryRow& row) = 0;

  /// The deliveries of the lane of `row` that may follow it: pending ones of higher sequence numbers in their
  /// order, passing over those that are done, up to the first gap or delivery that is neither pending nor
  /// done; at most `limit`.
  virtual Result<std::vector<DeliveryRow>> successors(const DeliveryRow& row, std::size_t limit) = 0;

  /// The first delivery of the lane of `key` that is not done, at or below or above it; nothing where all are
  /// done.
  virtual Result<std::optional<DeliveryRow>> head(const DeliveryKey& key) = 0;

  /// Wakes after number `after`, in order; at most `limit`.
  virtual Result<std::vector<Wake>> wakes(std::int64_t after, std::size_t limit) = 0;
  /// The last wake remembered.
  virtual Result<std::int64_t> remembered_wake() = 0;

  virtual Result<Tally> tally() = 0;

  /// The first delivery that is not final among the events from `from` to `to`, both included, in any outlet;
  /// for whoever follows the progress of what it appended.
  virtual Result<std::optional<DeliveryRow>> first_open(Position from, Position to) = 0;
};

/// Abandons the turn at the end of the scope unless it was committed.
class Turn {
 public:
  static Result<Turn> begin(Journal& journal) {
    DISPATCH_TRY(journal.begin_turn());
    return Turn{journal};
  }
  Turn(Turn&& other) noexcept : journal_(std::exchange(other.journal_, nullptr)) {}
  Turn& operator=(Turn&&) = delete;
  ~Turn() {
    if (journal_ != nullptr) journal_->abandon_turn();
  }
  Result<> commit() {
    DISPATCH_TRY(journal_->commit_turn());
    journal_ = nullptr;
    return {};
  }

 private:
  explicit Turn(Journal& journal) : journal_(&journal) {}
  Journal* journal_;
};

}  // namespace dispatch::journal

#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/subscription.hpp"
#include "journal/journal.hpp"
#include "journal/journal_reader.hpp"
#include "operations/operation_options.hpp"
#include "routing/router.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace dispatch::operations {

/// Why a subscription is paused while a backfill of more than one transaction is under way.
inline constexpr std::string_view backfill_pause_reason =
    "its backfill is under way; if that was interrupted, add it again with --replace and --from";

/// Gives a new subscription the events that a journal holds already, by the same routing as of those that
/// come. Neither memory nor a transaction grows with the journal. What does not fit into the transaction that
/// adds the subscription follows in others, and until the last of them the subscription is paused, so that
/// nothing overtakes. Where that is interrupted it stays paused; done again, the backfill passes over what it
/// has done and goes on. Used by one thread.
class SubscriptionBackfill {
 public:
  /// `subscription` is settled; `from` is the position of the first event looked at. Borrows `reader`. In one
  /// transaction at most `at_a_time` deliveries are made.
  static Result<SubscriptionBackfill> of(const Subscription& subscription, Position from,
                                         const journal::JournalReader& reader,
                                         std::size_t at_a_time = OperationOptions{}.at_a_time);

  /// Looks at the journal, while others may write to it, as far as the first transaction may go. To be called
  /// first.
  Result<> look_ahead();

  /// Makes the first deliveries, in the transaction that puts the subscription. `added` is what the journal
  /// has of it now.
  Result<> begin(journal::Transaction& transaction, const Subscription& added, WallTime now);

  /// False: finish() has something left to do.
  bool is_finished() const { return after_ >= until_; }

  /// Makes the rest of the deliveries, in transactions of its own.
  Result<> finish(journal::Journal& journal, const Clock& clock);

  std::int64_t looked_at() const { return looked_at_; }  ///< events
  std::int64_t made() const { return made_; }            ///< deliveries

 private:
  SubscriptionBackfill(routing::Router router, Position from, const journal::JournalReader& reader,
                       std::size_t at_a_time);

  Result<> look(std::size_t most_meant, std::optional<std::size_t> most_looked_at,
                std::optional<Position> until);
  Result<bool> is_meant(const journal::EventRecord& event);
  Result<> make(journal::Transaction& transaction, const Subscription& subscription, WallTime now);
  Result<> make_rest(journal::Journal& journal, const Clock& clock);

  routing::Router router_;
  const journal::JournalReader* reader_;
  std::size_t at_a_time_;
  Subscription added_;
  std::vector<Position> meant_;  ///< and not made yet
  Position after_;               ///< looked at up to here
  Position until_;               ///< what is behind was routed to the subscription when it came
  std::int64_t looked_at_ = 0;
  std::int64_t made_ = 0;
};

}  // namespace dispatch::operations

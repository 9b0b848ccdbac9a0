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

/// The pause reason of a subscription while a backfill of more than one transaction is under way.
inline constexpr std::string_view backfill_pause_reason =
    "its backfill is under way; if that was interrupted, add it again with --replace and --from";

/// Delivers existing events of a journal to a new subscription, routed like arriving events. Memory and
/// transactions are bounded for a journal of any size. What does not fit into the transaction that adds the
/// subscription follows in others; the subscription is paused until the last of them, so that new events do
/// not overtake. After an interruption it stays paused; a second backfill skips what is done and goes on.
/// Used by one thread.
class SubscriptionBackfill {
 public:
  /// `subscription` has been validated (settle_definition()); `from` is the position of the first event to
  /// look at. Borrows `reader`. One transaction makes at most `at_a_time` deliveries.
  static Result<SubscriptionBackfill> of(const Subscription& subscription, Position from,
                                         const journal::JournalReader& reader,
                                         std::size_t at_a_time = OperationOptions{}.at_a_time);

  /// Reads the events for the first transaction, while others may write to the journal. Call it first.
  Result<> look_ahead();

  /// Makes the first deliveries, in the transaction that adds the subscription. `added` is the stored
  /// subscription.
  Result<> begin(journal::Transaction& transaction, const Subscription& added, WallTime now);

  /// False if finish() has something left to do.
  bool is_finished() const { return after_ >= until_; }

  /// Makes the other deliveries, in transactions of its own.
  Result<> finish(journal::Journal& journal, const Clock& clock);

  std::int64_t looked_at() const { return looked_at_; }  ///< number of events
  std::int64_t made() const { return made_; }            ///< number of deliveries

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
  std::vector<Position> meant_;  ///< selected events without a delivery yet
  Position after_;               ///< events were looked at up to here
  Position until_;               ///< events behind it were routed to the subscription on arrival
  std::int64_t looked_at_ = 0;
  std::int64_t made_ = 0;
};

}  // namespace dispatch::operations

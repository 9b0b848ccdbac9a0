#pragma once

#include "base/error.hpp"
#include "journal/records.hpp"
#include "journal/selection.hpp"

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace SQLite {
class Database;
}

namespace dispatch::journal {

/// Which events a listing shows; all conditions hold together.
struct EventFilter {
  std::optional<std::string> entity = {};
  std::optional<std::string> type = {};
  std::optional<std::string> type_prefix = {};  ///< with a longer type that begins with it
  std::optional<DeliveryState> state = {};      ///< with a delivery in this state
  std::optional<WallTime> since = {};           ///< accepted then or later
  std::optional<WallTime> until = {};           ///< accepted before then
  std::optional<std::string> correlation = {};  ///< with this correlation id
  bool unknown = false;                         ///< with an attempt whose outcome is unknown
  bool unmatched = false;                       ///< without any delivery
  std::optional<Position> after = {};           ///< what follows this event in the listing's order
  std::optional<std::int64_t> limit = {};       ///< at most this number
};

/// Which deliveries that are done are meant; all conditions hold together.
struct FinalSelection {
  std::optional<SubscriptionNo> subscription = {};  ///< of this one; 0: direct ones
  std::optional<WallTime> since = {};               ///< the event was accepted then or later
  std::optional<WallTime> until = {};               ///< the event was accepted before then
  std::optional<DeliveryState> state = {};          ///< completed or failed
  std::optional<std::string> not_open_at = {};      ///< no direct delivery of the event to this host is open
  DeliveryFilter filter = {};
};

/// Reads a SQLite journal for people: listings, histories, where things stand. Changes nothing, takes no lock
/// that a dispatcher would wait for, and works while one runs. A listing is read in pages, each one a moment
/// of its own, so neither a slow reader nor ten million rows cost memory or hold back the writer. Used by one
/// thread at a time.
class JournalReader {
 public:
  /// Called for each row; false ends the listing.
  template <class T>
  using Each = std::function<bool(const T&)>;

  /// Opens an existing journal. A missing file is misuse; one of another application or a newer version is
  /// unavailable.
  static Result<JournalReader> open(const std::string& path);

  JournalReader(JournalReader&&) noexcept;
  JournalReader& operator=(JournalReader&&) noexcept;
  ~JournalReader();

  /// Events with their deliveries and without their payloads, by position; those of one entity by sequence
  /// number. With an entity, `after` must be an event of it, else that is misuse.
  Result<> events(const EventFilter& filter, const Each<EventRecord>& each) const;

  /// One event, whole; nothing where the journal has none of that id.
  Result<std::optional<EventRecord>> event(std::string_view event_id) const;

  /// By which input the event at that position came, as DeliveryFilter::inputs names it; empty: that was not
  /// recorded.
  Result<std::string> input_of(Position position) const;

  /// The attempts of an event, by destination, then by number. Empty where there is no such event.
  Result<std::vector<AttemptRecord>> attempts(std::string_view event_id) const;

  /// Dead letters by delivery queue, those that have waited longest first.
  Result<> dead_letters(const DeliveryFilter& which, const Each<DeadLetterRecord>& each) const;

  /// Events with a dead letter, whole, each once, by position; for export.
  Result<> dead_events(const DeliveryFilter& which, const Each<EventRecord>& each) const;

  /// Open gaps by entity, in the order in which the entities first came; of one entity the lowest first.
  Result<> open_gaps(const Each<OpenGap>& each) const;

  /// The same and the events that wait behind them; of one entity where it is given. Skipped ones only where
  /// they are wanted.
  Result<> gaps(const std::optional<std::string>& entity, bool skipped_too,
                const Each<GapRecord>& each) const;

  /// Subscriptions that are not removed, in the order in which they were added. Reads all their deliveries.
  Result<> subscriptions(const Each<SubscriptionRecord>& each) const;

  /// Deliveries that are done and the latest of their event at that delivery queue, or, of a subscription, of
  /// their event and subscription: what Transaction::replay takes. In the order of their events.
  Result<> final_deliveries(const FinalSelection& selection, const Each<FinalDeliveryRecord>& each) const;

  /// Journal::unknown_names.
  Result<std::vector<std::string>> unknown_names(const DeliveryFilter& filter) const;

  /// Rejected lines in the order in which they came first, without their texts; those that were cleared only
  /// where they are wanted.
  Result<> rejects(const RejectSelection& which, bool cleared_too, const Each<RejectedRecord>& each) const;

  /// The text of one, as it came, in pieces, all of it as of one moment: what is cleared or accepted while it
  /// is given is given to its end. False where there is none, as it was cleared or accepted before. A text of
  /// more than a mebibyte takes room in a temporary file.
  Result<bool> reject_text(std::int64_t number, const Each<std::string_view>& each) const;

  /// Where the journal stands at `now`, with at most `most` hosts, paused subscriptions and circuits each.
  /// The time it takes grows with what is open, and not with what is done, unless streams of more than 50,000
  /// events in all did not arrive in their order: then with what came after the first of these events.
  Result<JournalStatus> status(std::size_t most, WallTime now) const;

  /// Some of that, cheaply: the time it takes grows with what is in flight, backs off or is a dead letter,
  /// and not with what is pending; of disordered streams as above.
  Result<JournalHealth> health() const;

 private:
  JournalReader(std::string path, std::shared_ptr<SQLite::Database> database);

  std::string path_;
  std::shared_ptr<SQLite::Database> database_;
};

}  // namespace dispatch::journal

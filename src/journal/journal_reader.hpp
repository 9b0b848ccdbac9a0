#pragma once

#include "base/error.hpp"
#include "journal/records.hpp"
#include "journal/selection.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

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

/// Which types of event are meant: one of `types`, or a longer one that begins with one of `prefixes`.
/// Without both every event is meant, also one without a type.
struct TypeFilter {
  std::vector<std::string> types = {};
  std::vector<std::string> prefixes = {};
};

/// Reads a journal: listings, histories and where things stand for people, streams for programs. Changes
/// nothing, takes no lock that a dispatcher would wait for, and works while one runs. A listing is read in
/// pages, each one a moment of its own, so neither a slow reader nor ten million rows cost memory or hold
/// back the writer. What it calls for a row may read the journal too, through the same reader. Made by
/// Store::read. Used by one thread at a time.
class JournalReader {
 public:
  /// Called for each row; false ends the listing.
  template <class T>
  using Each = std::function<bool(const T&)>;

  virtual ~JournalReader() = default;

  /// Events with their deliveries and without their payloads, by position; those of one entity by sequence
  /// number. With an entity, `after` must be an event of it, else that is misuse.
  virtual Result<> events(const EventFilter& filter, const Each<EventRecord>& each) const = 0;

  /// One event, whole; nothing where the journal has none of that id.
  virtual Result<std::optional<EventRecord>> event(std::string_view event_id) const = 0;

  /// The events of one entity from the sequence number `from` to `to`, both included, in that order: as they
  /// came, with their payloads and traces, and without deliveries and actions. Numbers that have not arrived
  /// are passed over; an entity that the journal does not know has no events.
  virtual Result<> stream(std::string_view entity, SequenceNumber from, SequenceNumber to,
                          const Each<EventRecord>& each) const = 0;

  /// The events behind position `after`, by position, of the types that are meant, at most `limit`: as
  /// stream() gives them. Returns how far it has looked: all that is meant up to that position was given, and
  /// the next call goes on behind it. No event is ever added at or below a position that was returned.
  virtual Result<Position> all(Position after, const TypeFilter& meant, std::size_t limit,
                               const Each<EventRecord>& each) const = 0;

  /// The position of the newest event; 0 where there is none. Cheap.
  virtual Result<Position> last_position() const = 0;

  /// By which input the event at that position came, as DeliveryFilter::inputs names it; empty: that was not
  /// recorded.
  virtual Result<std::string> input_of(Position position) const = 0;

  /// The attempts of an event, by destination, then by number. Empty where there is no such event.
  virtual Result<std::vector<AttemptRecord>> attempts(std::string_view event_id) const = 0;

  /// Dead letters by delivery queue, those that have waited longest first.
  virtual Result<> dead_letters(const DeliveryFilter& which, const Each<DeadLetterRecord>& each) const = 0;

  /// Events with a dead letter, whole, each once, by position; for export.
  virtual Result<> dead_events(const DeliveryFilter& which, const Each<EventRecord>& each) const = 0;

  /// Open gaps by entity, in the order in which the entities first came; of one entity the lowest first.
  virtual Result<> open_gaps(const Each<OpenGap>& each) const = 0;

  /// The same and the events that wait behind them; of one entity where it is given. Skipped ones only where
  /// they are wanted.
  virtual Result<> gaps(const std::optional<std::string>& entity, bool skipped_too,
                        const Each<GapRecord>& each) const = 0;

  /// Subscriptions that are not removed, in the order in which they were added. Reads all their deliveries.
  virtual Result<> subscriptions(const Each<SubscriptionRecord>& each) const = 0;

  /// Deliveries that are done and the latest of their event at that delivery queue, or, of a subscription, of
  /// their event and subscription: what Transaction::replay takes. In the order of their events.
  virtual Result<> final_deliveries(const FinalSelection& selection,
                                    const Each<FinalDeliveryRecord>& each) const = 0;

  /// Journal::unknown_names.
  virtual Result<std::vector<std::string>> unknown_names(const DeliveryFilter& filter) const = 0;

  /// Rejected lines in the order in which they came first, without their texts; those that were cleared only
  /// where they are wanted.
  virtual Result<> rejects(const RejectSelection& which, bool cleared_too,
                           const Each<RejectedRecord>& each) const = 0;

  /// The text of one, as it came, in pieces, all of it as of one moment: what is cleared or accepted while it
  /// is given is given to its end. False where there is none, as it was cleared or accepted before. A text of
  /// more than a mebibyte takes room in a temporary file.
  virtual Result<bool> reject_text(std::int64_t number, const Each<std::string_view>& each) const = 0;

  /// Where the journal stands at `now`, with at most `most` hosts, paused subscriptions and circuits each.
  /// The time it takes grows with what is open, and not with what is done, unless streams of more than 50,000
  /// events in all did not arrive in their order: then with what came after the first of these events.
  virtual Result<JournalStatus> status(std::size_t most, WallTime now) const = 0;

  /// Some of that, cheaply: the time it takes grows with what is in flight, backs off or is a dead letter,
  /// and not with what is pending; of disordered streams as above.
  virtual Result<JournalHealth> health() const = 0;

 protected:
  JournalReader() = default;
  JournalReader(JournalReader&&) = default;
  JournalReader& operator=(JournalReader&&) = default;
};

}  // namespace dispatch::journal

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

/// Selects the events of a listing; all conditions must hold.
struct EventFilter {
  std::optional<std::string> entity = {};
  std::optional<std::string> type = {};
  std::optional<std::string> type_prefix = {};  ///< with a type that begins with this and is longer
  std::optional<DeliveryState> state = {};      ///< with a delivery in this state
  std::optional<WallTime> since = {};           ///< accepted at this time or later
  std::optional<WallTime> until = {};           ///< accepted before this time
  std::optional<std::string> correlation = {};  ///< with this correlation id
  bool unknown = false;                         ///< with an attempt whose outcome is unknown
  bool unmatched = false;                       ///< without any delivery
  std::optional<Position> after = {};           ///< only events behind this one in the listing's order
  std::optional<std::int64_t> limit = {};       ///< at most this many events
};

/// Selects deliveries that are done; all conditions must hold.
struct FinalSelection {
  std::optional<SubscriptionNo> subscription = {};  ///< of this subscription; 0: direct deliveries
  std::optional<WallTime> since = {};               ///< the event was accepted at this time or later
  std::optional<WallTime> until = {};               ///< the event was accepted before this time
  std::optional<DeliveryState> state = {};          ///< completed or failed
  std::optional<std::string> not_open_at = {};      ///< no direct delivery of the event to this host is open
  DeliveryFilter filter = {};
};

/// Selects events by type: one of `types`, or a longer type that begins with one of `prefixes`. If both are
/// empty it selects every event, including events without a type.
struct TypeFilter {
  std::vector<std::string> types = {};
  std::vector<std::string> prefixes = {};
};

/// Reads a journal: listings, histories and status for people, streams for programs. It changes nothing,
/// takes no lock that a dispatcher waits for, and works while a dispatcher runs. Listings are read in pages,
/// and each page is a snapshot of its own: a slow reader or ten million rows neither cost memory nor hold
/// back the writer. The callback for a row may read the journal through the same reader. Made by Store::read.
/// Used by one thread at a time.
class JournalReader {
 public:
  /// Called for each row; return false to end the listing.
  template <class T>
  using Each = std::function<bool(const T&)>;

  virtual ~JournalReader() = default;

  /// Lists events with their deliveries and without their payloads, ordered by position, or by sequence
  /// number if the filter names an entity. With an entity, `after` must be an event of that entity; anything
  /// else is misuse.
  virtual Result<> events(const EventFilter& filter, const Each<EventRecord>& each) const = 0;

  /// One event with its payload and all details; nothing if no event has that id.
  virtual Result<std::optional<EventRecord>> event(std::string_view event_id) const = 0;

  /// Lists the events of one entity from sequence number `from` to `to`, both included, in that order, with
  /// their payloads and traces but without deliveries and actions. Numbers that have not arrived are skipped.
  /// An unknown entity has no events.
  virtual Result<> stream(std::string_view entity, SequenceNumber from, SequenceNumber to,
                          const Each<EventRecord>& each) const = 0;

  /// Lists the events behind position `after` whose types are selected, ordered by position, at most `limit`,
  /// with the same content as stream(). Returns the position up to which all selected events were given; the
  /// next call continues behind it. No event is ever added at or below a returned position. Looks at a
  /// bounded number of positions, so that a call returns soon where few events are selected: it can give
  /// fewer than `limit`, and the end is reached when it returns `after`.
  virtual Result<Position> all(Position after, const TypeFilter& meant, std::size_t limit,
                               const Each<EventRecord>& each) const = 0;

  /// The position of the newest event; 0 if there is none. Cheap.
  virtual Result<Position> last_position() const = 0;

  /// The input by which the event at that position came, as DeliveryFilter::inputs names it; empty if the
  /// journal did not record it.
  virtual Result<std::string> input_of(Position position) const = 0;

  /// The attempts of an event, ordered by destination, then by number. Empty if there is no such event.
  virtual Result<std::vector<AttemptRecord>> attempts(std::string_view event_id) const = 0;

  /// Lists dead letters by delivery queue, within a queue the longest waiting first.
  virtual Result<> dead_letters(const DeliveryFilter& which, const Each<DeadLetterRecord>& each) const = 0;

  /// Lists the events that have a dead letter, each once, with payload, ordered by position; for export.
  virtual Result<> dead_events(const DeliveryFilter& which, const Each<EventRecord>& each) const = 0;

  /// Lists open gaps by entity, entities in the order of their first event, and within an entity the lowest
  /// gap first.
  virtual Result<> open_gaps(const Each<OpenGap>& each) const = 0;

  /// Lists open gaps with the events that wait behind them; only those of `entity` if it is given. Includes
  /// skipped gaps if `skipped_too`.
  virtual Result<> gaps(const std::optional<std::string>& entity, bool skipped_too,
                        const Each<GapRecord>& each) const = 0;

  /// Lists subscriptions that are not removed, in the order in which they were added. Reads all their
  /// deliveries.
  virtual Result<> subscriptions(const Each<SubscriptionRecord>& each) const = 0;

  /// Lists the deliveries that Transaction::replay accepts: those that are done and are the latest of their
  /// event at that delivery queue or, if they are of a subscription, the latest of their event and
  /// subscription. Ordered by event.
  virtual Result<> final_deliveries(const FinalSelection& selection,
                                    const Each<FinalDeliveryRecord>& each) const = 0;

  /// Journal::unknown_names.
  virtual Result<std::vector<std::string>> unknown_names(const DeliveryFilter& filter) const = 0;

  /// Lists rejected lines without their texts, in the order of their first arrival; cleared ones only if
  /// `cleared_too`.
  virtual Result<> rejects(const RejectSelection& which, bool cleared_too,
                           const Each<RejectedRecord>& each) const = 0;

  /// Gives the text of one rejected line, as it arrived, in pieces. All pieces are of one snapshot, even if
  /// the line is cleared or accepted meanwhile. Returns false if there is no such line, or it was cleared or
  /// accepted before. A text of more than one mebibyte needs space in a temporary file.
  virtual Result<bool> reject_text(std::int64_t number, const Each<std::string_view>& each) const = 0;

  /// The status of the journal at `now`, with at most `most` hosts, paused subscriptions and circuits each.
  /// The time it takes grows with the number of open deliveries, not of those that are done. Exception: if
  /// streams with more than 50,000 events in all arrived out of order, it also reads everything after the
  /// first of these events.
  virtual Result<JournalStatus> status(std::size_t most, WallTime now) const = 0;

  /// A cheap part of the status: the time it takes grows with the number of deliveries in flight, in
  /// retry_wait or dead, not with the pending ones. For streams that arrived out of order see status().
  virtual Result<JournalHealth> health() const = 0;

 protected:
  JournalReader() = default;
  JournalReader(JournalReader&&) = default;
  JournalReader& operator=(JournalReader&&) = default;
};

}  // namespace dispatch::journal

#pragma once

#include "base/clock.hpp"
#include "event/delivery_state.hpp"
#include "event/event.hpp"
#include "event/ids.hpp"
#include "event/outcome.hpp"
#include "journal/rows.hpp"
#include "tracing/trace_context.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What the journal reader tells of a journal. Plain values, owned, for people and listings rather than for
// the scheduler.

namespace dispatch::journal {

/// A delivery, with the outcome of its latest attempt where that has ended.
struct DeliveryRecord {
  DeliveryKey key;
  std::string subscription;  ///< its id, also where it was removed since; empty: direct
  std::string destination;   ///< the URL
  std::string host;
  DeliveryState state = DeliveryState::pending;
  unsigned attempts = 0;             ///< in its whole life
  unsigned forgiven = 0;             ///< of those, how many do not count against the limit
  std::optional<WallTime> state_at;  ///< retry_wait: when due; dead_letter: since when; in_flight: when begun
  std::optional<WallTime> began_at;  ///< the latest attempt
  std::optional<int> status;         ///< HTTP status of the latest attempt that got an answer
  bool not_meant = false;            ///< failed, as the filter of its subscription excludes the event
};

/// What an operator did to one delivery.
struct ActionRecord {
  DeliveryKey key;
  std::string_view what;  ///< "released", "discarded", "cancelled", "redirected", "retried", "acknowledged"
  WallTime at{};
  std::string to = {};  ///< the URL, of what was redirected; else empty
};

/// An accepted event. Its payload is there only where one event was asked for.
struct EventRecord : Event {
  Position position;
  std::string own_url;  ///< the line's own url, or empty
  WallTime accepted_at{};
  std::int64_t payload_bytes = 0;
  // Only where one event was asked for, else empty:
  tracing::TraceContext trace;        ///< the span in which it was taken in; none: no trace was started
  std::vector<ActionRecord> actions;  ///< in order

  std::vector<DeliveryRecord> deliveries;
};

/// One attempt that has ended, or, without `ended`, the one under way.
struct AttemptRecord {
  struct End {
    OutcomeKind kind = OutcomeKind::unknown;
    int status = 0;  ///< HTTP status where answered or throttled, else 0
    std::chrono::microseconds took{0};
    std::string error, address, excerpt;  ///< empty where there is none
    AttemptTimings timings;
  };
  DeliveryKey key;
  std::string subscription;  ///< as in DeliveryRecord
  std::string destination;
  unsigned number = 0;  ///< from 1, over the delivery's whole life
  WallTime began_at{};
  std::optional<End> ended;
};

struct DeadLetterRecord {
  DeliveryKey key;
  std::string event_id;
  std::optional<std::string> entity_id;
  std::optional<SequenceNumber> sequence;
  std::string subscription;  ///< as in DeliveryRecord
  bool paused = false;       ///< that subscription is paused
  std::string destination;
  std::string host;
  unsigned attempts = 0;
  WallTime since{};
  std::optional<AttemptRecord::End> last;  ///< how the last attempt ended
  std::int64_t waiting = 0;                ///< deliveries of the same lane that wait behind it
};

/// Sequence numbers of an entity that have not arrived although a higher one has.
struct OpenGap {
  std::string entity_id;
  SequenceNumber first_missing, last_missing;
  WallTime since{};  ///< may lie in the future if the clock was set back since
};

/// The same, open or not.
struct GapRecord : OpenGap {
  std::optional<WallTime> skipped_at;  ///< nothing: open, and what is behind it waits
  std::int64_t waiting = 0;            ///< events above an open gap
  GapEnd by = GapEnd::skipped;         ///< of one that is skipped
};

/// A subscription and what became of its deliveries.
struct SubscriptionRecord {
  Subscription subscription;  ///< without its secrets, which never leave the journal this way
  std::vector<std::optional<WallTime>> secrets;  ///< until when each of them is used, the newest first
  StateCounts state_counts;                      ///< of all its deliveries, replays included
};

/// A delivery that is done, the latest of its event at that delivery queue or of that subscription.
struct FinalDeliveryRecord {
  DeliveryKey key;
  SubscriptionNo subscription;  ///< 0: direct
  DeliveryState state = DeliveryState::completed;
  EntityNo entity;  ///< 0: none
  std::string event_id, type;
  std::optional<std::string> entity_id;
  std::optional<SequenceNumber> sequence;
  WallTime accepted_at{};
  std::string destination;
};

/// A line of input that was rejected.
struct RejectedRecord {
  std::int64_t number = 0;  ///< names it; never used again
  std::string file;         ///< where it came from first, as it was given; "-" is standard input
  std::uint64_t line = 0;   ///< its number there, from 1
  std::string reason;       ///< as of the last time
  std::int64_t bytes = 0;
  std::int64_t times = 0;  ///< how often it came
  WallTime first_at{}, last_at{};
  std::optional<WallTime> cleared_at;  ///< nothing: open
};

/// The deliveries to one host that have not come to their end.
struct HostRecord {
  std::string host;
  std::int64_t pending = 0, in_flight = 0, retry_wait = 0, dead_letter = 0;
};

/// A subscription that is paused, and what waits for it.
struct PausedRecord {
  std::string subscription;  ///< its id
  std::string reason;        ///< as an operator or a run gave it
  WallTime since{};
  std::int64_t waiting = 0;  ///< deliveries that are pending or in retry_wait
};

/// A destination whose circuit is open, or only probed, and what waits for it.
struct CircuitRecord {
  std::string url;
  bool half_open = false;
  WallTime since{};
  std::int64_t waiting = 0;  ///< deliveries that are pending or in retry_wait
};

/// A destination that has asked for time: nothing goes there before that.
struct HeldBackRecord {
  std::string url;
  WallTime until{};
};

/// Where a journal stands, at one moment.
struct JournalStatus {
  StateCounts state_counts;
  Position last_position;  ///< of the event accepted last; 0 where there is none

  std::int64_t blocked_lanes = 0;    ///< lanes whose head is a dead letter
  std::int64_t behind_dead = 0;      ///< deliveries that wait behind these
  std::int64_t gapped_entities = 0;  ///< entities with an open gap
  std::int64_t behind_gaps = 0;      ///< events that wait behind these

  RejectCount rejects;                     ///< the rejected lines that wait for an operator
  std::int64_t unmatched = 0;              ///< events that nothing delivers, as no subscription means them
  std::int64_t not_meant = 0;              ///< of the failed, those that a subscription's filter excludes
  std::int64_t unknown = 0;                ///< attempts whose outcome is unknown and not acknowledged
  std::optional<WallTime> next_due;        ///< of the deliveries in retry_wait that no pause holds back
  std::int64_t movable = 0;                ///< pending or in retry_wait, and neither paused nor blocked
  std::int64_t movable_retries = 0;        ///< of those, in retry_wait and not due yet
  std::optional<WallTime> oldest_pending;  ///< when the oldest event with a pending delivery was accepted

  std::uint64_t journal_bytes = 0;
  std::uint64_t wal_bytes = 0;
  bool owned = false;                     ///< a dispatcher runs on the journal now
  std::optional<std::int64_t> owner_pid;  ///< its process id, where that is known

  std::vector<PausedRecord> paused;       ///< the longest paused first
  std::int64_t more_paused = 0;           ///< paused, and not among `paused`
  std::vector<CircuitRecord> circuits;    ///< those longest open first
  std::int64_t more_circuits = 0;         ///< not closed, and not among `circuits`
  std::vector<HeldBackRecord> held_back;  ///< those held back longest first; of some the time may be over

  std::vector<HostRecord> hosts;  ///< those with most pending first
  std::int64_t more_hosts = 0;    ///< with open deliveries but not among `hosts`
};

/// What monitors poll; JournalStatus explains the fields.
struct JournalHealth {
  std::int64_t blocked_lanes = 0;
  std::int64_t gapped_entities = 0;
  std::optional<WallTime> oldest_pending;
  std::uint64_t journal_bytes = 0;
  std::uint64_t wal_bytes = 0;
};

}  // namespace dispatch::journal

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

// The results of the journal reader. Plain values that own their data, for people and listings rather than
// for the scheduler.

namespace dispatch::journal {

/// A delivery, with the outcome of its latest attempt if that has ended.
struct DeliveryRecord {
  DeliveryKey key;
  std::string subscription;  ///< its id, also if it was removed; empty: direct
  std::string destination;   ///< the URL
  std::string host;
  DeliveryState state = DeliveryState::pending;
  unsigned attempts = 0;             ///< since the delivery was made
  unsigned forgiven = 0;             ///< of these, attempts that do not count against the limit
  std::optional<WallTime> state_at;  ///< retry_wait: when due; dead_letter: since when; in_flight: when begun
  std::optional<WallTime> began_at;  ///< the latest attempt
  std::optional<int> status;         ///< HTTP status of the latest attempt that got an answer
  bool not_meant = false;  ///< true: failed because the filter of its subscription excludes the event
};

/// An operator's action on one delivery.
struct ActionRecord {
  DeliveryKey key;
  std::string_view what;  ///< "released", "discarded", "cancelled", "redirected", "retried", "acknowledged"
  WallTime at{};
  std::string to = {};  ///< for "redirected": the new URL; else empty
};

/// An accepted event. Listings leave the payload empty: JournalReader says which calls read it.
struct EventRecord : Event {
  Position position;
  std::string own_url;  ///< the URL in the line, or empty
  WallTime accepted_at{};
  std::int64_t payload_bytes = 0;
  // The next two are set only if a single event was requested:
  tracing::TraceContext trace;        ///< the span of accepting the event; empty: not traced
  std::vector<ActionRecord> actions;  ///< in order

  std::vector<DeliveryRecord> deliveries;
};

/// One attempt that has ended or, without `ended`, is under way.
struct AttemptRecord {
  struct End {
    OutcomeKind kind = OutcomeKind::unknown;
    int status = 0;  ///< HTTP status if answered or throttled, else 0
    std::chrono::microseconds took{0};
    std::string error, address, excerpt;  ///< empty if there is none
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
  bool paused = false;       ///< true: that subscription is paused
  std::string destination;
  std::string host;
  unsigned attempts = 0;
  WallTime since{};
  std::optional<AttemptRecord::End> last;  ///< how the last attempt ended
  std::int64_t waiting = 0;                ///< deliveries of its lane that wait behind it
};

/// Sequence numbers of an entity that have not arrived although a higher one has.
struct OpenGap {
  std::string entity_id;
  SequenceNumber first_missing, last_missing;
  WallTime since{};  ///< can be in the future if the clock was set back
};

/// A gap, open or skipped.
struct GapRecord : OpenGap {
  std::optional<WallTime> skipped_at;  ///< nothing: the gap is open, and deliveries behind it wait
  std::int64_t waiting = 0;            ///< events above an open gap
  GapEnd by = GapEnd::skipped;         ///< why it was given up, if skipped
};

/// A subscription and the states of its deliveries.
struct SubscriptionRecord {
  Subscription subscription;  ///< without secrets
  std::vector<std::optional<WallTime>>
      secrets;               ///< when each of its secrets expires, the newest secret first
  StateCounts state_counts;  ///< of all its deliveries, replays included
};

/// A delivery that is done, and is the latest of its event at that delivery queue or of that subscription.
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
  std::int64_t number = 0;  ///< identifies it; never reused
  std::string file;         ///< the file of its latest arrival, as given; "-" is standard input
  std::uint64_t line = 0;   ///< its line number in that file, from 1
  std::string reason;       ///< the latest one
  std::int64_t bytes = 0;
  std::int64_t times = 0;  ///< how often the line came
  WallTime first_at{}, last_at{};
  std::optional<WallTime> cleared_at;  ///< nothing: open
};

/// The open deliveries to one host.
struct HostRecord {
  std::string host;
  std::int64_t pending = 0, in_flight = 0, retry_wait = 0, dead_letter = 0;
};

/// A paused subscription and its waiting deliveries.
struct PausedRecord {
  std::string subscription;  ///< its id
  std::string reason;        ///< as an operator or a run gave it
  WallTime since{};
  std::int64_t waiting = 0;  ///< deliveries that are pending or in retry_wait
};

/// A destination whose circuit is open or half-open, and the deliveries that wait for it.
struct CircuitRecord {
  std::string url;
  bool half_open = false;
  WallTime since{};
  std::int64_t waiting = 0;       ///< deliveries that are pending or in retry_wait; at least 1
  std::string subscription = {};  ///< its id; empty: of direct deliveries
};

/// A destination that has asked for time: nothing is sent to it before then.
struct HeldBackRecord {
  std::string url;
  WallTime until{};
  std::string subscription = {};  ///< its id; empty: of direct deliveries
};

/// The status of a journal, from one snapshot.
struct JournalStatus {
  StateCounts state_counts;
  Position last_position;  ///< of the newest event; 0 if there is none

  std::int64_t blocked_lanes = 0;    ///< lanes whose head is a dead letter
  std::int64_t behind_dead = 0;      ///< deliveries that wait behind them
  std::int64_t gapped_entities = 0;  ///< entities with an open gap
  std::int64_t behind_gaps = 0;      ///< events that wait behind them

  RejectCount rejects;                     ///< the rejected lines that wait for an operator
  std::int64_t unmatched = 0;              ///< events without delivery, because no subscription selected them
  std::int64_t not_meant = 0;              ///< failed deliveries that a subscription's filter excluded
  std::int64_t unknown = 0;                ///< attempts with an unknown outcome that is not acknowledged
  std::optional<WallTime> next_due;        ///< of retries that no pause holds back
  std::int64_t movable = 0;                ///< pending or in retry_wait, neither paused nor blocked
  std::int64_t movable_retries = 0;        ///< of these, retries that are not due yet
  std::optional<WallTime> oldest_pending;  ///< when the oldest event with a pending delivery was accepted

  std::uint64_t journal_bytes = 0;
  std::uint64_t wal_bytes = 0;
  bool owned = false;                     ///< true: a dispatcher runs on the journal now
  std::optional<std::int64_t> owner_pid;  ///< its process id, if known

  std::vector<PausedRecord> paused;       ///< the longest paused first
  std::int64_t more_paused = 0;           ///< number of paused ones that are not in `paused`
  std::vector<CircuitRecord> circuits;    ///< those that deliveries wait for, the longest open first
  std::int64_t more_circuits = 0;         ///< number of such circuits that are not in `circuits`
  std::vector<HeldBackRecord> held_back;  ///< the longest held back first; some may have expired

  std::vector<HostRecord> hosts;  ///< those with the most pending deliveries first
  std::int64_t more_hosts = 0;    ///< number of hosts with open deliveries that are not in `hosts`
};

/// The part of the status that monitors poll; see JournalStatus for the fields.
struct JournalHealth {
  std::int64_t blocked_lanes = 0;
  std::int64_t gapped_entities = 0;
  std::optional<WallTime> oldest_pending;
  std::uint64_t journal_bytes = 0;
  std::uint64_t wal_bytes = 0;
};

}  // namespace dispatch::journal

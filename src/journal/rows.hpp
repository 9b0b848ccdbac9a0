#pragma once

#include "base/clock.hpp"
#include "event/arrival.hpp"
#include "event/delivery_state.hpp"
#include "event/ids.hpp"
#include "event/outcome.hpp"
#include "event/outgoing.hpp"
#include "event/subscription.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::journal {

/// What happens to missing sequence numbers below one that has arrived.
enum class Gaps {
  wait,    ///< they are a gap, and all events above it wait
  ignore,  ///< they are given up at once: events that arrive later with these numbers are refused
};

/// Where the stream of a new entity begins, and what happens to its gaps.
struct StreamStart {
  enum class Rule {
    one,     ///< at 1, or at 0 if the first event has number 0
    number,  ///< at `at`
    first,   ///< at the number of the first event seen
  };
  Rule rule = Rule::one;
  SequenceNumber at{1};
  Gaps gaps = Gaps::wait;

  /// True if a stream that begins at `first` should begin at the lower `number`, whose event arrives only
  /// now. The caller makes sure that no event of the stream has been sent.
  bool may_be_lowered(std::int64_t first, std::int64_t number) const {
    return rule == Rule::first || (rule == Rule::one && first == 1 && number == 0);
  }
};

/// Why a gap was given up. The numbers are stored and never change their meaning.
enum class GapEnd : std::int64_t {
  skipped = 0,     ///< an operator skipped it
  ignored = 1,     ///< Gaps::ignore applied
  waited_for = 2,  ///< a run gave it up after the maximum wait
};

/// A number of gaps, and the number of missing sequence numbers in them.
struct GapCount {
  std::int64_t gaps = 0;
  std::int64_t numbers = 0;
};

/// The result of appending one arrival.
enum class AppendVerdict {
  accepted,
  duplicate,         ///< same id and same content: counted, not stored again
  id_conflict,       ///< same id but other content
  sequence_taken,    ///< another event of the entity has this sequence number
  sequence_skipped,  ///< the number is in a gap that was given up
  before_start,  ///< the number is below the start of the entity's stream, which cannot be lowered any more
};

struct Appended {
  AppendVerdict verdict = AppendVerdict::accepted;
  Position position;                       ///< of the event, or of the event because of which it was refused
  std::optional<SequenceNumber> sequence;  ///< as stored; with before_start, the first number of the stream
  std::string other_event;                 ///< with sequence_taken, the id of the event that has it
  std::vector<std::string_view> differing = {};  ///< with id_conflict, the names of the fields that differ
  std::optional<GapEnd> given_up = {};           ///< with sequence_skipped, why the gap was given up
  /// With duplicate: the arrival has a direct route, and the event has no delivery to that URL.
  bool elsewhere = false;
};

/// Identifies a delivery. Generation 0 is the first delivery; each replay has a generation of its own,
/// numbered over the whole journal.
struct DeliveryKey {
  QueueNo queue;
  Position position;
  std::int64_t generation = 0;
  friend auto operator<=>(const DeliveryKey&, const DeliveryKey&) = default;
};

/// A delivery as the scheduler needs it.
struct DeliveryRow {
  DeliveryKey key;
  DestinationNo destination;  ///< of a subscription: the destination of its current URL
  EntityNo entity;            ///< 0: the event has no entity and is a lane of its own
  SequenceNumber sequence;    ///< not set without entity
  DeliveryState state = DeliveryState::pending;
  unsigned attempts = 0;             ///< since the delivery was made
  unsigned forgiven = 0;             ///< of these, the attempts that do not count against the limit
  WallTime state_at{};               ///< retry_wait: when due; dead_letter: since when; in_flight: when begun
  SubscriptionNo subscription = {};  ///< 0: direct
  /// The first time since the last release that an attempt was forgiven because the receiver asked for time;
  /// 0: none.
  WallTime throttled_since{};
};

/// True for the lanes of subscriptions and replays. Such a lane can lack events of the stream, and a fan-out
/// can add deliveries below those that are done.
inline bool is_sparse_lane(const DeliveryRow& row) {
  return row.subscription != SubscriptionNo{} || row.key.generation > 0;
}

/// The result of appending a batch.
struct AppendReport {
  std::vector<Appended> verdicts;       ///< one for each arrival, in their order
  std::vector<DeliveryRow> deliveries;  ///< the new deliveries, in order of position
};

/// What the pump reads as one queue: the direct deliveries to one host, or all deliveries of one
/// subscription.
struct DeliveryQueue {
  QueueNo no;
  std::string host;                  ///< of a subscription: the host of its current URL
  SubscriptionNo subscription = {};  ///< 0: direct deliveries
  DestinationNo destination = {};    ///< of a subscription: its current URL; else 0
  /// A run begins to read above it: everything up to it is done or comes back by itself (due times, wakeups).
  Position low_watermark;
  std::int64_t last_wakeup = 0;  ///< the pump has handled its wakeups up to this action
};

/// A request to begin an attempt; `state` is the delivery's expected state (pending or retry_wait).
struct Intent {
  DeliveryKey key;
  DeliveryState state = DeliveryState::pending;
};

/// The answer to an intent.
struct Begun {
  /// False: do not send. The delivery has another state now, or something below it in its lane is not done;
  /// nothing was changed.
  bool won = false;
  Outgoing outgoing;  ///< all but `ticket`; set if `won`
};

/// The end of one attempt, and the state transition that follows from it.
struct Settlement {
  DeliveryKey key;
  Transition by = Transition::succeed;           ///< succeed, retry, bury or exclude
  bool forgive = false;                          ///< true: the attempt does not count against the limit
  WallTime due{};                                ///< when the retry is due; set for retry
  WallTime at{};                                 ///< when the dispatcher received the outcome
  const Outcome* outcome = nullptr;              ///< borrowed, never null
  std::optional<WallTime> throttled_since = {};  ///< new DeliveryRow::throttled_since; nothing: keep
};

/// The result of a settlement.
enum class Settled : std::uint8_t {
  ours,  ///< recorded
  lost,  ///< nothing was changed: the delivery is not in flight any more, because another owner took it over
};

/// What precedes a delivery in its lane.
struct Predecessor {
  bool gap = false;  ///< true: a lower sequence number has neither arrived nor been skipped
  bool disordered =
      false;  ///< true: the stream arrived out of order, so higher numbers can have lower positions
  std::optional<SequenceNumber> open;  ///< the closest lower number whose delivery is not done
};

/// What other writers have committed.
struct Changes {
  bool any = false;
  bool everything = false;      ///< true on the first call: treat everything as new
  std::vector<QueueNo> queues;  ///< queues with deliveries of new events; may include our own
  bool wakeups = false;         ///< true: there are new lane wakeups
  bool subscriptions = false;   ///< true: the version of Journal::subscriptions() has increased
};

/// A sign that a lane may go on: an operator action, or an arrival that closed a gap.
struct LaneWakeup {
  std::int64_t action = 0;
  DeliveryKey key;
  bool from_here = false;  ///< true: any delivery of the queue at or above this position can be new
  /// An operator asked to try the delivery at once. `ask` is its current destination. `asked` is the
  /// destination at the time of the action, whose circuit the journal has half-opened already. 0: none.
  DestinationNo ask, asked;
};

/// A circuit breaker that is not closed, as saved for the next run.
struct CircuitRow {
  DestinationNo destination;
  bool half_open = false;  ///< false: open
  WallTime since{};        ///< when it entered that state
};

/// The time before which the rate limit of a destination allows no request, as saved for the next run.
struct PaceRow {
  DestinationNo destination;
  WallTime not_before{};
};

/// The slow-down of a destination that asked for time or was down, as saved for the next run.
struct ThrottleRow {
  DestinationNo destination;
  WallTime hold_until{};        ///< send no request before this time
  std::int64_t millihertz = 0;  ///< maximum rate in thousandths of a request a second; 0: no limit
  bool doubles = false;         ///< true: the rate doubles each time; false: it grows by one request a second
  friend bool operator==(const ThrottleRow&, const ThrottleRow&) = default;
};

/// A rejected input line, or one piece of a line that is too long to keep in memory. All fields are borrowed.
struct RejectedLine {
  std::string_view file;   ///< as it was given; "-" is standard input
  std::uint64_t line = 0;  ///< from 1
  std::string_view reason;
  std::string_view text;           ///< the line without its line end, or the next piece of it
  bool first = true, last = true;  ///< which piece it is; both true if the line is complete
};

/// A number of rejected lines, and the total bytes of their texts.
struct RejectCount {
  std::int64_t lines = 0;
  std::int64_t bytes = 0;
  friend bool operator==(const RejectCount&, const RejectCount&) = default;
};

/// Selects rejected lines; all conditions must hold.
struct RejectSelection {
  std::vector<std::int64_t> numbers = {};  ///< with one of these numbers; empty: any
  std::optional<std::string> file = {};    ///< last seen in this file
};

/// The number of deliveries in each state; index it by DeliveryState.
struct StateCounts {
  std::array<std::int64_t, 6> deliveries{};
  std::int64_t of(DeliveryState state) const { return deliveries[static_cast<std::size_t>(state)]; }
  /// Deliveries that are neither completed nor failed.
  std::int64_t open() const {
    return of(DeliveryState::pending) + of(DeliveryState::in_flight) + of(DeliveryState::retry_wait) +
           of(DeliveryState::dead_letter);
  }
};

/// Identifies the previous owner of deliveries that a new owner finds in flight, and when they may be sent
/// again. A journal with one owner has no members: the previous owner left everything in flight.
struct Abandoned {
  std::optional<std::int64_t> member =
      {};                 ///< the member that left them; nothing: the previous owner of the journal
  WallTime not_before{};  ///< retries are due at this time or now, the later of both
};

/// What happens to deliveries found in flight after their process has ended.
enum class Orphans {
  retry,  ///< send again with the same idempotency key
  hold,   ///< move to the dead letters
};

}  // namespace dispatch::journal

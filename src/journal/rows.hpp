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

/// What happens to sequence numbers that are missing below one that has arrived.
enum class Gaps {
  wait,    ///< a gap, for which all above it waits
  ignore,  ///< given up at once: events that arrive with them later are refused
};

/// Where the stream of an entity that is seen for the first time begins, and whether it must be without gaps.
struct StreamStart {
  enum class Rule {
    one,     ///< at 1, or at 0 where the first event seen is 0
    number,  ///< at `at`
    first,   ///< at the number of the first event seen
  };
  Rule rule = Rule::one;
  SequenceNumber at{1};
  Gaps gaps = Gaps::wait;

  /// True where a stream that begins at `first` is to begin at `number`, which is lower and comes only now,
  /// while nothing of it has been sent.
  bool may_be_lowered(std::int64_t first, std::int64_t number) const {
    return rule == Rule::first || (rule == Rule::one && first == 1 && number == 0);
  }
};

/// Who gave up a gap. The numbers never change their meaning.
enum class GapEnd : std::int64_t {
  skipped = 0,     ///< an operator
  ignored = 1,     ///< nobody waited for it: Gaps::ignore
  waited_for = 2,  ///< a run, when it had waited long enough
};

/// A number of gaps, and of the sequence numbers that were missing.
struct GapCount {
  std::int64_t gaps = 0;
  std::int64_t numbers = 0;
};

/// What became of one arrival.
enum class AppendVerdict {
  accepted,
  duplicate,         ///< same id, same content: counted, not stored again
  id_conflict,       ///< same id, other content
  sequence_taken,    ///< another event has this sequence number of this entity
  sequence_skipped,  ///< the number lies in a gap that was given up
  before_start,      ///< the number lies before the start of the entity's stream, which stays where it is
};

struct Appended {
  AppendVerdict verdict = AppendVerdict::accepted;
  Position position;                       ///< of the event; where it was refused for another, of that one
  std::optional<SequenceNumber> sequence;  ///< as stored; with before_start, where the stream starts
  std::string other_event;                 ///< with sequence_taken, the id of the event that has it
  std::vector<std::string_view> differing = {};  ///< with id_conflict, the names of the fields that differ
  std::optional<GapEnd> given_up = {};           ///< with sequence_skipped, who gave the number up
  bool elsewhere = false;  ///< with duplicate: it has a direct route, and the event no delivery to that URL
};

/// Names a delivery. Generation 0 is the first; each replay has a number of its own, counted over the
/// journal.
struct DeliveryKey {
  QueueNo queue;
  Position position;
  std::int64_t generation = 0;
  friend auto operator<=>(const DeliveryKey&, const DeliveryKey&) = default;
};

/// A delivery as the scheduler needs it.
struct DeliveryRow {
  DeliveryKey key;
  DestinationNo destination;  ///< of a subscription: where its URL leads at present
  EntityNo entity;            ///< 0: its own lane
  SequenceNumber sequence;    ///< meaningless without entity
  DeliveryState state = DeliveryState::pending;
  unsigned attempts = 0;             ///< in its whole life
  unsigned forgiven = 0;             ///< of those, how many do not count against the limit
  WallTime state_at{};               ///< retry_wait: when due; dead_letter: since when; in_flight: when begun
  SubscriptionNo subscription = {};  ///< 0: direct
  /// Its first attempt since its last release that spent nothing as the receiver asked for time; 0: none.
  WallTime throttled_since{};
};

/// True for the lanes of subscriptions and of replays. They need not have every event of the stream, and a
/// fan-out may put deliveries below those that are done.
inline bool is_sparse_lane(const DeliveryRow& row) {
  return row.subscription != SubscriptionNo{} || row.key.generation > 0;
}

/// What became of some arrivals.
struct AppendReport {
  std::vector<Appended> verdicts;       ///< one for each arrival, in their order
  std::vector<DeliveryRow> deliveries;  ///< those made, in the order of their positions
};

/// What the pump reads as one queue: the direct deliveries to one host, or those of one subscription.
struct DeliveryQueue {
  QueueNo no;
  std::string host;                  ///< of a subscription: that of its present URL
  SubscriptionNo subscription = {};  ///< 0: direct deliveries
  DestinationNo destination = {};    ///< of a subscription: its present URL; else 0
  Position low_watermark;        ///< everything at or below is done, or comes back by itself (due, operators)
  std::int64_t last_wakeup = 0;  ///< its wakeups up to this action were followed
};

/// A delivery about to be sent; `state` is what it is believed to be in (pending or retry_wait).
struct Intent {
  DeliveryKey key;
  DeliveryState state = DeliveryState::pending;
};

/// The answer to an intent.
struct Begun {
  bool won = false;   ///< false: the delivery was not in that state any more, or something below it in its
                      ///< lane is not done; nothing was changed, nothing may be sent
  Outgoing outgoing;  ///< all but `ticket`, where won
};

/// One attempt's end, to be recorded with the state it leads to.
struct Settlement {
  DeliveryKey key;
  Transition by = Transition::succeed;           ///< succeed, retry, bury or exclude
  bool forgive = false;                          ///< the attempt does not count against the limit
  WallTime due{};                                ///< with retry
  WallTime at{};                                 ///< when the outcome was taken in
  const Outcome* outcome = nullptr;              ///< borrowed, never null
  std::optional<WallTime> throttled_since = {};  ///< DeliveryRow's from now on; nothing: it stays
};

/// What became of a settlement.
enum class Settled : std::uint8_t {
  ours,  ///< it is recorded
  lost,  ///< the delivery is not in flight any more: another owner has taken it over
};

/// What stands before a delivery in its lane.
struct Predecessor {
  bool gap = false;         ///< a sequence number below it has neither arrived nor been skipped
  bool disordered = false;  ///< the stream did not arrive in its order: later ones may lie at lower positions
  std::optional<SequenceNumber> open;  ///< the nearest below that is not done
};

/// What others have committed.
struct Changes {
  bool any = false;
  bool everything = false;      ///< all may be new: it was asked for the first time
  std::vector<QueueNo> queues;  ///< with deliveries of events that came since; our own may be among them
  bool wakeups = false;         ///< there are lane wakeups that were not there
  bool subscriptions = false;   ///< Journal::subscriptions_version() has gone up
};

/// An action of an operator, or an arrival that closed a gap, that may let a lane go on.
struct LaneWakeup {
  std::int64_t action = 0;
  DeliveryKey key;
  bool from_here = false;  ///< any delivery of the delivery queue at or above this position may be new
  /// An operator asked to try the delivery at once: where it goes by now, and where it went then, which the
  /// journal has let go already; 0: none.
  DestinationNo ask, asked;
};

/// A circuit breaker that is not closed, as it is kept over a restart.
struct CircuitRow {
  DestinationNo destination;
  bool half_open = false;  ///< else open
  WallTime since{};        ///< of that state
};

/// Until when the rate of a destination lets no further request go, as it is kept over a restart.
struct PaceRow {
  DestinationNo destination;
  WallTime not_before{};
};

/// How much a destination that asked for time, or was down, is slowed down; kept over a restart.
struct ThrottleRow {
  DestinationNo destination;
  WallTime hold_until{};        ///< no request before that
  std::int64_t millihertz = 0;  ///< thousandths of a request a second, at most; 0: no limit
  bool doubles = false;         ///< how the rate grows: twofold, else by one a second
  friend bool operator==(const ThrottleRow&, const ThrottleRow&) = default;
};

/// A line of input that was rejected, or a piece of one that is too long to be held whole. Everything is
/// borrowed.
struct RejectedLine {
  std::string_view file;   ///< as it was given; "-" is standard input
  std::uint64_t line = 0;  ///< from 1
  std::string_view reason;
  std::string_view text;           ///< the line without its end, or the next piece of it
  bool first = true, last = true;  ///< which piece it is; both where the line is whole
};

/// A number of rejected lines, and the bytes of their texts.
struct RejectCount {
  std::int64_t lines = 0;
  std::int64_t bytes = 0;
  friend bool operator==(const RejectCount&, const RejectCount&) = default;
};

/// Which rejected lines are meant; all conditions hold together.
struct RejectSelection {
  std::vector<std::int64_t> numbers = {};  ///< one of these; empty: any
  std::optional<std::string> file = {};    ///< that came from this file first
};

/// How many deliveries are in each state; index by DeliveryState.
struct StateCounts {
  std::array<std::int64_t, 6> deliveries{};
  std::int64_t of(DeliveryState state) const { return deliveries[static_cast<std::size_t>(state)]; }
  /// Deliveries that have not come to their end.
  std::int64_t open() const {
    return of(DeliveryState::pending) + of(DeliveryState::in_flight) + of(DeliveryState::retry_wait) +
           of(DeliveryState::dead_letter);
  }
};

/// Whose deliveries a new owner finds in flight, and from when on they may be sent again. A journal with one
/// owner has no members: all that is in flight was left by the one before.
struct Abandoned {
  std::optional<std::int64_t> member = {};  ///< the member that left them; nothing: the previous owner
  WallTime not_before{};                    ///< a retry is due then or now, whichever is later
};

/// What to do with deliveries found in flight whose process is gone.
enum class Orphans {
  retry,  ///< sent again, with the same idempotency key
  hold,   ///< into the dead letters
};

}  // namespace dispatch::journal

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dispatch {

/// Where the program may be told to end at once, in the order in which an event meets them. Between two of
/// them something changes that another run has to cope with.
enum class FailPoint : std::uint8_t {
  migrated,              ///< the statements of a migration have run; the version is not set
  migration_staged,      ///< the version is set; nothing is committed
  migration_committed,   ///< the journal has its tables and nothing else
  orphans_staged,        ///< what was found in flight is recorded as unknown; not committed
  orphans_committed,     ///< the same, committed; nothing is sent again yet
  start_lowered,         ///< a stream begins at a lower number that came late; not committed
  events_appended,       ///< some lines are events; not committed
  outcomes_staged,       ///< outcomes are recorded; not committed
  gap_given_up,          ///< a run has waited for a gap long enough; nothing is woken and nothing committed
  intents_staged,        ///< what may go is claimed; not committed
  turn_staged,           ///< the whole turn is written, its number and its tally too; not committed
  turn_committed,        ///< it is committed, and nobody has been told
  intents_committed,     ///< intents among it, and nothing of them has been handed on
  request_started,       ///< a request is set up; nothing of it has been sent
  answers_arrived,       ///< answers have come, and the dispatcher does not know them
  outcomes_committed,    ///< outcomes are committed, and what may go because of them is not sent
  run_remembered,        ///< the run is over and how far it came is committed
  checkpoint_begins,     ///< nothing of the write-ahead log is in the database file
  checkpoint_ended,      ///< what could be copied is
  dead_letters_noted,    ///< a release or discard is noted; the dead letters stand where they stood
  dead_letters_moved,    ///< and now they do not; not committed
  deliveries_cancelled,  ///< deliveries that waited have failed; no lane is woken and nothing committed
  retries_made_due,      ///< what waited for its time is due; not committed
  gap_skipped,           ///< a gap is skipped; nothing is woken and nothing committed
  subscription_removed,  ///< a subscription is removed, with all that waited for it; not committed
  fan_out_staged,        ///< former events are to go to a subscription too, and it is woken; not committed
  replay_staged,         ///< deliveries are made anew, and their delivery queues woken; not committed
  operator_staged,       ///< what an operator wanted is written; not committed
  operator_committed,    ///< it is committed, and the operator has not been told
  metrics_half_written,  ///< half of the text of --metrics-file stands beside the file
  metrics_written,       ///< all of it, durable
  metrics_replaced,      ///< it has taken the place of the file
};

/// Their names, in the same order.
inline constexpr std::array<std::string_view, 32> fail_point_names{
    "migrated",
    "migration_staged",
    "migration_committed",
    "orphans_staged",
    "orphans_committed",
    "start_lowered",
    "events_appended",
    "outcomes_staged",
    "gap_given_up",
    "intents_staged",
    "turn_staged",
    "turn_committed",
    "intents_committed",
    "request_started",
    "answers_arrived",
    "outcomes_committed",
    "run_remembered",
    "checkpoint_begins",
    "checkpoint_ended",
    "dead_letters_noted",
    "dead_letters_moved",
    "deliveries_cancelled",
    "retries_made_due",
    "gap_skipped",
    "subscription_removed",
    "fan_out_staged",
    "replay_staged",
    "operator_staged",
    "operator_committed",
    "metrics_half_written",
    "metrics_written",
    "metrics_replaced",
};
static_assert(static_cast<std::size_t>(FailPoint::metrics_replaced) + 1 == fail_point_names.size());

constexpr std::string_view to_string(FailPoint point) {
  return fail_point_names[static_cast<std::size_t>(point)];
}

/// Says that the program comes past `point`. Does nothing: a test program links a definition of its own in
/// place of this one, which ends the process where it was told to. From any thread.
void fail_point(FailPoint point) noexcept;

}  // namespace dispatch

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace dispatch {

/// Places at which a test can kill the program, in the order in which an event passes them. Between two of
/// them the state changes in a way that the next run must handle.
enum class FailPoint : std::uint8_t {
  migrated,              ///< the statements of a migration have run; the version is not set
  migration_staged,      ///< the version is set; nothing is committed
  migration_committed,   ///< the migrated journal is committed
  orphans_staged,        ///< attempts found in flight are recorded as unknown; not committed
  orphans_committed,     ///< these are committed; nothing is sent again yet
  start_lowered,         ///< a late event has lowered the start of its stream; not committed
  events_appended,       ///< some lines have been appended as events; not committed
  outcomes_staged,       ///< outcomes are recorded; not committed
  gap_given_up,          ///< a run has given up a gap; nothing is woken or committed
  intents_staged,        ///< deliveries that may go are in flight; not committed
  turn_staged,           ///< the whole turn is written, with its number and the state counts; not committed
  turn_committed,        ///< the turn is committed; nobody has been told
  turn_unsynced,         ///< a turn is committed and its sync not begun; the next turn may come before it
  intents_committed,     ///< the turn's intents are committed; none has been passed to a transport
  request_started,       ///< a request is set up; nothing of it has been sent
  answers_arrived,       ///< answers have arrived; the dispatcher does not know them
  outcomes_committed,    ///< outcomes are committed; the deliveries that may follow have not been sent
  progress_saved,        ///< the run is over; its progress is committed
  checkpoint_begins,     ///< nothing of the write-ahead log has been copied to the database
  checkpoint_ended,      ///< everything possible has been copied
  dead_letters_noted,    ///< a release or discard is recorded; the dead letters are unchanged
  dead_letters_moved,    ///< the dead letters have been moved; not committed
  deliveries_cancelled,  ///< waiting deliveries have failed; no lane is woken and nothing committed
  retries_made_due,      ///< waiting retries are due; not committed
  gap_skipped,           ///< a gap is skipped; nothing is woken or committed
  subscription_removed,  ///< a subscription is removed with everything that waited for it; not committed
  fan_out_staged,        ///< existing events go to a subscription too, and it is woken; not committed
  replay_staged,         ///< deliveries are made again, and their delivery queues woken; not committed
  operator_staged,       ///< an operator's change is written; not committed
  operator_committed,    ///< it is committed; the operator has not been told
  metrics_half_written,  ///< half of the text of --metrics-file is in a file beside it
  metrics_written,       ///< the text is complete and durable
  metrics_replaced,      ///< it has replaced the file
};

/// Their names, in the same order.
inline constexpr std::array<std::string_view, 33> fail_point_names{
    "migrated",           "migration_staged",     "migration_committed",  "orphans_staged",
    "orphans_committed",  "start_lowered",        "events_appended",      "outcomes_staged",
    "gap_given_up",       "intents_staged",       "turn_staged",          "turn_committed",
    "turn_unsynced",      "intents_committed",    "request_started",      "answers_arrived",
    "outcomes_committed", "progress_saved",       "checkpoint_begins",    "checkpoint_ended",
    "dead_letters_noted", "dead_letters_moved",   "deliveries_cancelled", "retries_made_due",
    "gap_skipped",        "subscription_removed", "fan_out_staged",       "replay_staged",
    "operator_staged",    "operator_committed",   "metrics_half_written", "metrics_written",
    "metrics_replaced",
};
static_assert(static_cast<std::size_t>(FailPoint::metrics_replaced) + 1 == fail_point_names.size());

constexpr std::string_view to_string(FailPoint point) {
  return fail_point_names[static_cast<std::size_t>(point)];
}

/// Marks that the program passes `point`. Does nothing: a test program links another definition, which ends
/// the process at a chosen point. Any thread may call it.
void fail_point(FailPoint point) noexcept;

}  // namespace dispatch

#pragma once

#include "flow/rules/options.hpp"
#include "journal/journal.hpp"
#include "unit/flow/model/reference.hpp"

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::test {

/// What can happen, one thing at a time. What is put in between two turns does not act on each other but
/// through the next turn, so the explorer tries only one order of it: that of this list.
enum class Act {
  turn,  ///< the dispatcher takes one turn with what has come since its last

  // Nothing has come since the last turn.
  crash,         ///< the process dies; another takes over with --orphans retry
  crash_hold,    ///< the same with --orphans hold
  inherit,       ///< the process dies; the one that follows it takes over
  stop,          ///< SIGTERM: nothing new starts
  leave,         ///< a stopped run, with nothing under way, ends; another process starts
  wait_for_due,  ///< until the next retry is due
  pause,         ///< two seconds, in which the dispatcher leaves word of where it stands

  // By other processes.
  arrive_elsewhere,
  release,
  discard,
  skip_gap,
  subscribe,  ///< the subscription is added
  fan_out,    ///< it gets all accepted events that it does not have, from this one on
  halt,       ///< the subscription is paused
  resume,
  move,  ///< the subscription goes to its other URL
  remove,
  // One delivery, by its name.
  replay,
  cancel,
  retry_now,

  arrive,

  // The request for that event ends.
  succeed,
  fail,
  time_out,
  give_up,   ///< an answer that no other attempt would change
  throttle,  ///< the receiver asks for time
  abort,     ///< a second SIGTERM: whatever is under way
};

inline constexpr std::size_t act_count = static_cast<std::size_t>(Act::abort) + 1;

struct Step {
  Act act = Act::turn;
  std::string subject = {};  ///< the name of a delivery or the id of an event; with skip_gap an entity
  friend bool operator==(const Step&, const Step&) = default;
};

using History = std::vector<Step>;

/// How often things happen in one history; turns, waiting for what is due, leaving, resuming and successes
/// are free.
struct Bounds {
  std::size_t failures = 1;  ///< fail, time_out
  std::size_t give_ups = 0;
  std::size_t throttles = 0;
  std::size_t crashes = 0;    ///< crash, crash_hold, inherit
  std::size_t operators = 0;  ///< release, discard, skip_gap, cancel, retry_now
  std::size_t fan_outs = 0;
  std::size_t halts = 0;
  std::size_t moves = 0;
  std::size_t removals = 0;
  std::size_t replays = 0;
  std::size_t stops = 0;
  std::size_t aborts = 0;
  std::size_t pauses = 0;
  std::size_t duplicates = 0;
  std::size_t elsewhere = 0;  ///< events that another process appends
  /// Two states are the same where the model, the journal, and so many steps before are the same. What the
  /// dispatcher remembers of the time before that is taken to have come out in the journal.
  std::size_t memory = 1;
  std::size_t histories = 2'000'000;  ///< more are not explored
};

/// The journal of one history.
struct Journals {
  /// Another process's connection to it.
  std::function<std::unique_ptr<journal::Journal>()> open;
  /// What an audit of it finds; nothing where it is sound. May be empty.
  std::function<std::optional<std::string>()> audit;
};
/// Makes a new journal for each history.
using Place = std::function<Journals()>;

Place in_memory();
Place in_files();

/// What a history is played on.
struct Setting {
  std::vector<Line> events;  ///< what may arrive, in any order
  Reference::Rules rules = {};
  Place place = in_memory();

  // For planting bugs.
  std::function<std::unique_ptr<journal::Journal>(std::unique_ptr<journal::Journal>)> journal_bug = {};
  std::function<void(flow::RunOptions&)> options_bug = {};
};

/// As it can stand in a test: `{{Act::arrive, "x1"}, {Act::turn}}`, a step a line.
std::string to_text(const History& history);

}  // namespace dispatch::test

#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace dispatch::journal::audit {

/// What verify looks at, in this order.
enum class Check : std::size_t {
  integrity,
  schema,
  references,
  event_ids,
  event_delivered,
  delivery_of_event,
  destination_outlet,
  content,
  stream,
  gaps,
  order,
  attempts_numbered,
  once,
  state,
  state_time,
  forgiven,
  turns,
  tally,
  resumption,
};

struct CheckText {
  std::string_view name;
  std::string_view promise;
};

inline constexpr std::array<CheckText, 19> check_texts{{
    {"integrity", "the file is a sound SQLite database"},
    {"schema", "the tables, indexes and triggers are those of the journal's version"},
    {"references", "no row refers to one that is not there"},
    {"event_ids", "an event id is 1 to 255 bytes and no two events have the same"},
    {"event_delivered", "every event that was accepted has a delivery"},
    {"delivery_of_event", "a delivery stands in its event's stream, at its event's sequence number"},
    {"destination_outlet", "a delivery is queued for the host of its destination"},
    {"content", "an event is as it was accepted, to the byte"},
    {"stream",
     "an entity's sequence numbers follow one another from the stream's start, but for recorded gaps"},
    {"gaps", "a recorded gap lies within its stream, and none of its numbers has arrived"},
    {"order",
     "no event is sent to a destination before those below it in its stream are completed or failed there"},
    {"attempts_numbered", "the attempts of a delivery are all recorded, from 1 on without a hole"},
    {"once", "nothing is sent again after a success"},
    {"state", "a delivery's state is what its last attempt led to"},
    {"state_time", "a delivery has a time of its state exactly where the state needs one"},
    {"forgiven", "no more attempts are forgiven than were made, and all of them on a release"},
    {"turns",
     "an outcome is committed no earlier than its intent, and an intent no earlier than the outcome before "
     "it"},
    {"tally", "the count of each state is the number of deliveries in it"},
    {"resumption", "a run that begins now finds every delivery that may go"},
}};

constexpr const CheckText& text_of(Check check) {
  return check_texts[static_cast<std::size_t>(check)];
}

}  // namespace dispatch::journal::audit

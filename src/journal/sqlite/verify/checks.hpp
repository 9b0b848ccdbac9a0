#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace dispatch::journal::audit {

/// The checks of verify, in their order.
enum class Check : std::size_t {
  integrity,
  schema,
  references,
  event_ids,
  event_delivered,
  delivery_of_event,
  destination_queue,
  destinations,
  subscriptions,
  generations,
  circuits,
  content,
  rejects,
  stream,
  gaps,
  order,
  attempts_numbered,
  outcomes,
  latest,
  once,
  state,
  state_time,
  in_flight,
  forgiven,
  operators,
  turns,
  state_counts,
  resumption,
};

struct CheckText {
  std::string_view name;
  std::string_view promise;
};

inline constexpr std::array<CheckText, 28> check_texts{{
    {"integrity", "the file is a sound SQLite database"},
    {"schema", "the tables, indexes and triggers are those of the journal's version"},
    {"references", "no row refers to a row that does not exist"},
    {"event_ids", "an event id is 1 to 255 bytes and no two events have the same"},
    {"event_delivered", "every event that was accepted has a delivery, or is recorded as unmatched"},
    {"delivery_of_event", "a delivery has the stream and sequence number of its event"},
    {"destination_queue", "a delivery is queued for the host of its destination"},
    {"destinations",
     "a destination belongs to the host of its URL, and nothing came to it before it was named"},
    {"subscriptions",
     "a subscription is paused or removed as operators did it, and has queues of its own with each event at "
     "most once of a generation"},
    {"generations", "a replay was asked for, is numbered, and makes anew only what was done"},
    {"circuits", "a circuit that is kept is open or half-open"},
    {"content",
     "an event is as it was accepted, to the byte, its trace is one, and so is the input it came by"},
    {"rejects",
     "a rejected line that waits for an operator is kept as it came, and one that was cleared is not"},
    {"stream",
     "an entity's sequence numbers follow one another from the stream's start, but for recorded gaps, and it "
     "is known of each entity whether they came in that order"},
    {"gaps", "a recorded gap lies within its stream, and none of its numbers has arrived"},
    {"order",
     "no event is sent to a destination before those below it in its stream are completed or failed there"},
    {"attempts_numbered", "all attempts of a delivery are recorded, numbered from 1 without a hole"},
    {"outcomes", "an attempt was answered with a status, or ended without one"},
    {"latest", "a delivery and the record of its latest attempt agree"},
    {"once", "nothing is sent again after a success, or after it was found not to be meant"},
    {"state", "a delivery's state is what its last attempt led to"},
    {"state_time", "a delivery has a state time if and only if its state needs one"},
    {"in_flight", "the turn log names every delivery in flight, and none that does not exist"},
    {"forgiven",
     "the attempts that do not count are those before the last release, and those unknown, withdrawn, not "
     "meant, failed by this machine, or put off by the receiver"},
    {"operators", "what was released, discarded or skipped has its action, and every action its effect"},
    {"turns",
     "an outcome is committed after its intent, and an intent no earlier than the outcome before it"},
    {"state_counts", "the count of each state is the number of deliveries in it"},
    {"resumption", "a run that begins now finds every delivery that may go"},
}};

constexpr const CheckText& text_of(Check check) {
  return check_texts[static_cast<std::size_t>(check)];
}

}  // namespace dispatch::journal::audit

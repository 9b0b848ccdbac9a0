#include "operations/views/dead_letter_json.hpp"

#include "operations/views/json_fields.hpp"

namespace dispatch::operations {

void add_dead_letter(JsonObject& object, const journal::DeadLetterRecord& dead) {
  object.add("position", dead.key.position.value()).add("event_id", dead.event_id);
  add_place(object, dead.entity_id, dead.sequence);
  object.add("destination", dead.destination)
      .add("host", dead.host)
      .add("generation", dead.key.generation)
      .add("attempts", dead.attempts);
  add_time(object, "since", dead.since);
  object.add("waiting", dead.waiting);
  if (dead.last) add_end(object, *dead.last);
  add_text(object, "subscription", dead.subscription);
}

}  // namespace dispatch::operations

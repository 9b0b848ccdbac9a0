#include "operations/views/gap_json.hpp"

#include "operations/views/json_fields.hpp"

namespace dispatch::operations {

std::string_view to_text(journal::GapEnd by) {
  switch (by) {
    case journal::GapEnd::skipped:
      return "skipped";
    case journal::GapEnd::ignored:
      return "ignored";
    case journal::GapEnd::waited_for:
      return "given up";
  }
  return "skipped";
}

void add_gap(JsonObject& object, const journal::GapRecord& gap) {
  object.add("entity_id", gap.entity_id)
      .add("first_missing", gap.first_missing.value())
      .add("last_missing", gap.last_missing.value())
      .add("missing", gap.last_missing.value() - gap.first_missing.value() + 1);
  add_time(object, "since", gap.since);
  add_time(object, "skipped_at", gap.skipped_at);
  object.add("waiting", gap.waiting);
  if (gap.skipped_at) object.add("end", to_text(gap.by));
}

}  // namespace dispatch::operations

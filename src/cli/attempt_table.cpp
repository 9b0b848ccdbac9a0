#include "cli/attempt_table.hpp"

#include "base/units.hpp"
#include "cli/listing.hpp"

namespace dispatch::cli {

void put_attempt_table(const std::vector<journal::AttemptRecord>& attempts) {
  using Align = Table::Align;
  Table table{{{"ATTEMPT", Align::right},
               {"BEGAN"},
               {"TOOK", Align::right},
               {"OUTCOME"},
               {"ADDRESS"},
               {"DESTINATION"},
               {"ANSWER"}},
              put_out};
  for (const auto& attempt : attempts) {
    const auto& end = attempt.ended;
    table.row({std::to_string(attempt.number), format_time(attempt.began_at),
               end ? format_duration(end->took) : std::string{}, end ? outcome_text(*end) : "under way",
               end ? end->address : std::string{}, attempt.destination, end ? end->excerpt : std::string{}});
  }
  table.finish();
}

void put_attempt_json(std::string_view event_id, const journal::AttemptRecord& attempt) {
  put_json([&](JsonObject& object) {
    object.add("event_id", event_id)
        .add("destination", attempt.destination)
        .add("generation", attempt.key.generation)
        .add("attempt", attempt.number);
    add_time(object, "began_at", attempt.began_at);
    object.add("under_way", !attempt.ended.has_value());
    if (attempt.ended) add_end(object, *attempt.ended);
  });
}

}  // namespace dispatch::cli

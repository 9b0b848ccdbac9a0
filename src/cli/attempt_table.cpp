#include "cli/attempt_table.hpp"

#include "base/units.hpp"
#include "cli/listing.hpp"

namespace dispatch::cli {
namespace {

constexpr std::size_t answer_shown = 120;  // bytes

std::string with_answer(const journal::AttemptRecord::End& end) {
  auto text = outcome_text(end);
  if (!end.excerpt.empty()) text += ": " + end.excerpt.substr(0, answer_shown);
  return text;
}

}  // namespace

void put_attempt_table(const std::vector<journal::AttemptRecord>& attempts) {
  using Align = Table::Align;
  Table table{{{"ATTEMPT", Align::right},
               {"BEGAN"},
               {"TOOK", Align::right},
               {"DESTINATION"},
               {"ADDRESS"},
               {"OUTCOME"}},
              put_out};
  for (const auto& attempt : attempts) {
    const auto& end = attempt.ended;
    table.row({std::to_string(attempt.number), format_time(attempt.began_at),
               end ? format_duration(end->took) : std::string{}, attempt.destination,
               end ? end->address : std::string{}, end ? with_answer(*end) : "under way"});
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

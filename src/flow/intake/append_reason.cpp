#include "flow/intake/append_reason.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace dispatch::flow {

using journal::AppendVerdict;

namespace {

std::string_view given_up_text(journal::GapEnd by) {
  switch (by) {
    case journal::GapEnd::skipped:
      return "was skipped with 'dispatch gap skip'";
    case journal::GapEnd::ignored:
      return "comes too late: it was missing when a higher one came, and --gaps ignore waits for none";
    case journal::GapEnd::waited_for:
      return "comes too late: it was given up when a run had waited for it as long as --gaps says";
  }
  return "was given up";
}

std::string conflict_text(const journal::Appended& appended, const Arrival& arrival, bool joins_ids) {
  const auto& differing = appended.differing;
  std::string text = fmt::format(
      "event id '{}' is in the journal already, at position {}, with another {}; an accepted event never "
      "changes: give this one an id of its own",
      arrival.event_id, appended.position.value(), fmt::join(differing, ", "));
  // CloudEvents are unique by both.
  if (!joins_ids && std::find(differing.begin(), differing.end(), "source") != differing.end())
    text += "; where an id is unique in its source only: --field event_id=/source+/id";
  // The parts are joined as they are: to escape '#' in them would give events of older journals another id,
  // and send them again.
  if (joins_ids && std::count(arrival.event_id.begin(), arrival.event_id.end(), '#') > 1)
    text +=
        "; the id is joined with '#', and a part holds '#' itself, so that different parts can give the same "
        "id ('a' and 'b#c', 'a#b' and 'c'): name another place for it with --field event_id=/POINTER";
  return text;
}

}  // namespace

std::string reason_of(const journal::Appended& appended, const Arrival& arrival, bool joins_ids) {
  const auto number = arrival.sequence ? arrival.sequence->value() : 0;
  const auto entity = arrival.entity_id.value_or("");
  switch (appended.verdict) {
    case AppendVerdict::accepted:
    case AppendVerdict::duplicate:
      return {};
    case AppendVerdict::id_conflict:
      return conflict_text(appended, arrival, joins_ids);
    case AppendVerdict::sequence_taken:
      return fmt::format(
          "sequence number {} of entity '{}' is taken by event '{}'; give this event another number", number,
          entity, appended.other_event);
    case AppendVerdict::sequence_skipped:
      return fmt::format(
          "sequence number {} of entity '{}' {}, and what follows may have been sent; give this event a new "
          "sequence number",
          number, entity, given_up_text(appended.given_up.value_or(journal::GapEnd::skipped)));
    case AppendVerdict::before_start:
      return fmt::format(
          "sequence number {} lies before the start of the stream of entity '{}', which begins at {}; the "
          "start can only be lowered by --first-sequence first, while nothing of the entity has been sent; "
          "see dispatch-run(1)",
          number, entity, appended.sequence ? appended.sequence->value() : 1);
  }
  return {};
}

}  // namespace dispatch::flow

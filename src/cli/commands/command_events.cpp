#include "base/text/shell_text.hpp"
#include "base/text/units.hpp"
#include "base/text/whole_number.hpp"
#include "cli/commands/events_ack.hpp"
#include "cli/commands/events_cancel.hpp"
#include "cli/options/option_values.hpp"
#include "cli/options/time_argument.hpp"
#include "cli/output/event_text.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"
#include "operations/causation_tree.hpp"
#include "operations/views/json_fields.hpp"
#include "routing/pattern.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <vector>

namespace dispatch::cli {
namespace {

constexpr const char* events_footer = R"(Without one of these commands, it lists events.

EXIT STATUS
  0  the events were listed or shown
  1  the journal could not be read
  2  wrong usage, or there is no such event, correlation id or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch events list --entity order-17
  dispatch events list --state retry_wait --since 1h
  dispatch events list --unknown --json
  dispatch events show order-17-created
  dispatch events trace checkout-4711)";

struct Events {
  journal::EventFilter filter;
  std::optional<routing::Pattern> type;
  std::string since, until;
  std::string event_id, correlation;
  bool json = false;
};

constexpr WholeNumber any_position{0, INT64_MAX};
constexpr WholeNumber any_limit{1, INT64_MAX};

Result<DeliveryState> parse_state(std::string_view text) {
  if (const auto state = parse_delivery_state(text)) return *state;
  return misuse("'{}' is not a state; it is one of {}", text, fmt::join(delivery_state_names, ", "));
}

Result<Position> parse_position(std::string_view text) {
  DISPATCH_ASSIGN(const auto number, any_position(text));
  return Position{static_cast<std::int64_t>(number)};
}

Result<std::int64_t> parse_limit(std::string_view text) {
  DISPATCH_ASSIGN(const auto number, any_limit(text));
  return static_cast<std::int64_t>(number);
}

/// Both are told from one now, so that --since 2h --until 1h is an hour.
Result<> read_moments(Events& asked, WallTime now) {
  for (const auto& [text, into] :
       {std::pair{&asked.since, &asked.filter.since}, std::pair{&asked.until, &asked.filter.until}}) {
    if (text->empty()) continue;
    DISPATCH_ASSIGN(*into, parse_time_argument(*text, now));
  }
  return {};
}

Table event_table() {
  using Align = Table::Align;
  return Table{{{"POSITION", Align::right},
                {"EVENT"},
                {"ENTITY"},
                {"SEQUENCE", Align::right},
                {"TYPE"},
                {"STATE"},
                {"ATTEMPTS", Align::right},
                {"ACCEPTED"},
                {"DESTINATION"}},
               put_out};
}

void put_row(Table& table, const journal::EventRecord& event) {
  unsigned attempts = 0;
  for (const auto& delivery : event.deliveries) attempts += delivery.attempts;
  auto destination = event.deliveries.empty() ? std::string{} : event.deliveries.front().destination;
  if (event.deliveries.size() > 1) destination += fmt::format(" and {} more", event.deliveries.size() - 1);
  table.row({std::to_string(event.position.value()), event.event_id, event.entity_id.value_or(""),
             event.sequence ? std::to_string(event.sequence->value()) : std::string{}, event.type,
             states_text(event), std::to_string(attempts), format_time(event.accepted_at), destination});
}

void read_type(Events& asked) {
  if (!asked.type) return;
  if (asked.type->kind() == routing::Pattern::Kind::exact) asked.filter.type = asked.type->stem();
  if (asked.type->kind() == routing::Pattern::Kind::below) asked.filter.type_prefix = asked.type->stem();
}

Result<ExitCode> list_events(const Program& program, Events asked) {
  DISPATCH_TRY(read_moments(asked, SystemClock{}.wall()));
  read_type(asked);
  DISPATCH_ASSIGN(const auto reader, program.store->read());

  Table table = event_table();
  std::int64_t listed = 0;
  Position last;
  DISPATCH_TRY(reader->events(asked.filter, [&](const journal::EventRecord& event) {
    if (asked.json) {
      put_event_json(event);
    } else {
      put_row(table, event);
    }
    ++listed;
    last = event.position;
    return can_put_out();
  }));
  if (asked.json) return ExitCode::delivered;
  table.finish();
  if (listed == 0) {
    say(program, "no event matches");
  } else if (asked.filter.limit == listed) {
    say(program, fmt::format("there may be more; repeat the command with --after {}", last.value()));
  } else if (asked.filter.unknown) {
    say_next(program, "attempts ID", "see all attempts of one");
    say_next(program, "events ack --event ID", "acknowledge it, so that it is no longer listed");
  } else {
    say_next(program, "events show ID", "see one in full");
  }
  return ExitCode::delivered;
}

Result<ExitCode> show_event(const Program& program, const Events& asked) {
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  const auto event = reader->event(asked.event_id);
  if (!event) return tl::unexpected(event.error());
  if (!*event) {
    return misuse("there is no event {} in {}; list them with: {}", asked.event_id, program.journal,
                  command_on(program, "events list"));
  }
  DISPATCH_ASSIGN(const auto attempts, reader->attempts(asked.event_id));
  if (asked.json) {
    put_event_json(**event, attempts);
    return ExitCode::delivered;
  }
  put_event(**event, attempts, SystemClock{}.wall());
  if ((*event)->entity_id)
    say_next(program, "events list --entity " + shell_word(*(*event)->entity_id), "see its whole stream");
  return ExitCode::delivered;
}

/// Deeper ones are no further in, so that a long chain does not fill the screen with space.
constexpr std::size_t indent_most = 40;

/// Where the cause of an event is that is not among those shown.
Result<std::string> whereabouts(const journal::JournalReader& reader, const std::string& event_id) {
  DISPATCH_ASSIGN(const auto event, reader.event(event_id));
  if (!event) return std::string{"not in the journal"};
  const auto& correlation = event->correlation_id;
  return correlation.empty() ? std::string{"without a correlation id"} : "correlation " + correlation;
}

Result<std::string> cause_text(const journal::JournalReader& reader, const journal::EventRecord& event,
                               operations::Cause cause) {
  switch (cause) {
    case operations::Cause::none:
      return std::string{};
    case operations::Cause::shown:
      return event.causation_id;
    case operations::Cause::circle:
      return event.causation_id + " (in a circle)";
    case operations::Cause::away:
      break;
  }
  return whereabouts(reader, event.causation_id).map([&](const std::string& where) {
    return fmt::format("{} ({})", event.causation_id, where);
  });
}

Result<> put_tree(const journal::JournalReader& reader, const std::vector<journal::EventRecord>& events) {
  using Align = Table::Align;
  Table table{
      {{"EVENT"}, {"TYPE"}, {"ENTITY"}, {"SEQUENCE", Align::right}, {"STATE"}, {"ACCEPTED"}, {"CAUSE"}},
      put_out};
  for (const auto& caused : operations::causation_tree(events)) {
    if (!can_put_out()) break;
    const auto& event = events[caused.event];
    DISPATCH_ASSIGN(auto cause, cause_text(reader, event, caused.cause));
    table.row({std::string(2 * std::min(caused.depth, indent_most), ' ') + event.event_id, event.type,
               event.entity_id.value_or(""),
               event.sequence ? std::to_string(event.sequence->value()) : std::string{}, states_text(event),
               format_time(event.accepted_at), std::move(cause)});
  }
  table.finish();
  return {};
}

void put_tree_json(const std::vector<journal::EventRecord>& events) {
  for (const auto& caused : operations::causation_tree(events)) {
    if (!can_put_out()) return;
    put_event_json(events[caused.event], [&](JsonObject& object) {
      object.add("depth", caused.depth);
      operations::add_text(object, "parent", caused.parent ? events[*caused.parent].event_id : std::string{});
      object.add("cause", to_string(caused.cause));
    });
  }
}

Result<ExitCode> trace_events(const Program& program, const Events& asked) {
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  std::vector<journal::EventRecord> events;
  DISPATCH_TRY(reader->events({.correlation = asked.correlation}, [&](const journal::EventRecord& event) {
    events.push_back(event);
    return true;
  }));
  if (events.empty()) {
    return misuse("no event in {} has the correlation id {}; see which one an event has with: {}",
                  program.journal, asked.correlation, command_on(program, "events show ID"));
  }
  if (asked.json) {
    put_tree_json(events);
    return ExitCode::delivered;
  }
  DISPATCH_TRY(put_tree(*reader, events));
  say_next(program, "events show ID", "see one in full");
  return ExitCode::delivered;
}

void add_list_options(Command command, Events& asked) {
  command.add_option("--entity", asked.filter.entity, "Only events of this entity, by sequence number")
      .type_name("ID");
  add_value(command, "--state", asked.filter.state, parse_state, "Only events with a delivery in this state")
      .type_name("STATE");
  add_value(command, "--type", asked.type, routing::Pattern::parse,
            "Only events of this type, or below it: 'order.*'")
      .type_name("PATTERN");
  command.add_option("--since", asked.since, "Only events accepted since: 2h ago, a day or a time")
      .type_name("WHEN");
  command.add_option("--until", asked.until, "Only events accepted before: 2h ago, a day or a time")
      .type_name("WHEN");
  command.add_flag("--unmatched", asked.filter.unmatched, "Only events that no subscription selects");
  command.add_flag("--unknown", asked.filter.unknown,
                   "Only events with an unknown outcome that is not acknowledged");
  add_value(command, "--after", asked.filter.after, parse_position, "Only events after this position")
      .type_name("POSITION");
  add_value(command, "--limit", asked.filter.limit, parse_limit, "Maximum number of events").type_name("N");
  command.add_flag("--json", asked.json, "One JSON object a line");
}

}  // namespace

void add_events_command(Command app, Program& program) {
  const auto asked = std::make_shared<Events>();
  const auto list = [&program, asked] {
    program.action = [&program, asked] { return list_events(program, *asked); };
  };

  Command events =
      app.add_subcommand("events", "List, show and trace events, cancel deliveries, acknowledge outcomes");
  events.footer(events_footer);
  add_list_options(events, *asked);
  events.callback([events, list] {
    if (!events.subcommand_given()) list();
  });

  Command listing = events.add_subcommand("list", "List events and how their deliveries stand");
  listing.footer(events_footer);
  add_list_options(listing, *asked);
  listing.callback(list);

  Command show = events.add_subcommand("show", "Show all of one event: content, deliveries, attempts");
  show.footer(events_footer);
  show.add_option("ID", asked->event_id, "The event's id").required();
  show.add_flag("--json", asked->json, "One JSON object a line");
  show.callback(
      [&program, asked] { program.action = [&program, asked] { return show_event(program, *asked); }; });

  Command trace = events.add_subcommand("trace", "Show the events of a correlation id as a causation tree");
  trace.footer(events_footer);
  trace.add_option("CORRELATION_ID", asked->correlation, "The correlation id").required();
  trace.add_flag("--json", asked->json, "One JSON object a line, causes first");
  trace.callback(
      [&program, asked] { program.action = [&program, asked] { return trace_events(program, *asked); }; });

  add_events_cancel(events, program);
  add_events_ack(events, program);
}

}  // namespace dispatch::cli

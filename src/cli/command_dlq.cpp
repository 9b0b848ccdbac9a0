#include "base/printable.hpp"
#include "base/shell_text.hpp"
#include "base/units.hpp"
#include "cli/event_line.hpp"
#include "cli/event_text.hpp"
#include "cli/listing.hpp"
#include "cli/operator_turn.hpp"
#include "cli/program.hpp"
#include "journal/ledger.hpp"

#include <memory>

#include <CLI/CLI.hpp>

namespace dispatch::cli {
namespace {

constexpr const char* footer = R"(A dead letter blocks its lane: what follows it waits until it is released or
discarded. A release forgives its attempts and keeps their history.

EXIT STATUS
  0  done; with --all, also where there was nothing to do
  1  the journal could not be read or written
  2  usage, or there is no such dead letter or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch dlq list
  dispatch dlq release --entity order-17
  dispatch dlq discard --event order-17-created
  dispatch dlq export --all > dead.jsonl)";

struct Dlq {
  journal::DeadLetters which;
  std::string event_id;
  bool all = false;
  bool json = false;
};

/// What would be far too much, or nothing, when guessed.
Result<> exactly_one(const Dlq& asked) {
  if (int{asked.which.entity.has_value()} + int{asked.which.event.has_value()} + int{asked.all} == 1)
    return {};
  return misuse("say which dead letters are meant: exactly one of --entity ID, --event ID and --all");
}

std::string words_for(const journal::DeadLetters& which) {
  if (which.event) return "event " + *which.event;
  if (which.entity) return "entity " + *which.entity;
  return "all";
}

tl::unexpected<Error> no_dead_letter(const Program& program, const journal::DeadLetters& which) {
  return misuse("{} has no dead letter in {}; list those there are with: {}", words_for(which),
                program.journal, command_on(program, "dlq list"));
}

void put_dead_letter_json(const journal::DeadLetterRecord& dead) {
  put_json([&](JsonObject& object) {
    object.add("position", dead.key.position.value()).add("event_id", dead.event_id);
    add_place(object, dead.entity_id, dead.sequence);
    object.add("destination", dead.destination)
        .add("host", dead.host)
        .add("generation", dead.key.generation)
        .add("attempts", dead.attempts);
    add_time(object, "since", dead.since);
    object.add("waiting", dead.waiting);
    if (dead.last) add_end(object, *dead.last);
  });
}

Result<ExitCode> list_dead(const Program& program, const Dlq& asked) {
  const auto ledger = journal::Ledger::open(program.journal);
  if (!ledger) return tl::unexpected(ledger.error());
  const WallTime now = SystemClock{}.wall();

  using Align = Table::Align;
  Table table{{{"EVENT"},
               {"ENTITY"},
               {"SEQUENCE", Align::right},
               {"ATTEMPTS", Align::right},
               {"DEAD FOR", Align::right},
               {"WAITING", Align::right},
               {"DESTINATION"},
               {"LAST OUTCOME"}},
              put_out};
  std::string first;  // what to type to release one
  DISPATCH_TRY(ledger->dead_letters(asked.which, [&](const journal::DeadLetterRecord& dead) {
    if (first.empty()) {
      first =
          dead.entity_id ? "--entity " + shell_word(*dead.entity_id) : "--event " + shell_word(dead.event_id);
    }
    if (asked.json) {
      put_dead_letter_json(dead);
    } else {
      table.row({dead.event_id, dead.entity_id.value_or(""),
                 dead.sequence ? std::to_string(dead.sequence->value()) : std::string{},
                 std::to_string(dead.attempts), age_text(dead.since, now), std::to_string(dead.waiting),
                 dead.destination, dead.last ? outcome_text(*dead.last) : std::string{}});
    }
    return can_put_out();
  }));
  if (asked.json) return ExitCode::delivered;
  table.finish();
  if (first.empty()) {
    say(program, fmt::format("there is no dead letter{}",
                             asked.which.entity ? " of entity " + *asked.which.entity : ""));
    return ExitCode::delivered;
  }
  say_next(program, "dlq show ID", "see why");
  say_next(program, "dlq release " + first, "send again");
  say_next(program, "dlq discard " + first, "give up and let what waits go on");
  return ExitCode::delivered;
}

Result<ExitCode> show_dead(const Program& program, const Dlq& asked) {
  const auto ledger = journal::Ledger::open(program.journal);
  if (!ledger) return tl::unexpected(ledger.error());
  const journal::DeadLetters which{.entity = {}, .event = asked.event_id};
  std::vector<journal::DeadLetterRecord> dead;
  DISPATCH_TRY(ledger->dead_letters(which, [&](const journal::DeadLetterRecord& one) {
    dead.push_back(one);
    return true;
  }));
  if (dead.empty()) return no_dead_letter(program, which);
  if (asked.json) {
    for (const auto& one : dead) put_dead_letter_json(one);
    return ExitCode::delivered;
  }
  const auto event = ledger->event(asked.event_id);
  if (!event) return tl::unexpected(event.error());
  const auto attempts = ledger->attempts(asked.event_id);
  if (!attempts) return tl::unexpected(attempts.error());
  if (*event) put_event(**event, *attempts, SystemClock{}.wall());
  for (const auto& one : dead) {
    if (one.waiting > 0)
      put_out(fmt::format("\n{} behind it at {}\n", counted(one.waiting, "event waits", "events wait"),
                          printable(one.destination)));
  }
  say_next(program, "dlq release --event " + shell_word(asked.event_id), "send again");
  say_next(program, "dlq discard --event " + shell_word(asked.event_id), "give up and let what waits go on");
  return ExitCode::delivered;
}

using Move = Result<std::int64_t> (journal::Journal::*)(const journal::DeadLetters&, WallTime);

Result<ExitCode> move_dead(const Program& program, const Dlq& asked, std::string_view done, Move move) {
  DISPATCH_TRY(exactly_one(asked));
  std::int64_t moved = 0;
  DISPATCH_TRY(operator_turn(program.journal, [&](journal::Journal& journal, WallTime now) -> Result<> {
    const auto count = (journal.*move)(asked.which, now);
    if (!count) return tl::unexpected(count.error());
    moved = *count;
    return {};
  }));
  if (moved == 0 && !asked.all) return no_dead_letter(program, asked.which);
  if (asked.json) put_json([&](JsonObject& object) { object.add(done, moved); });
  if (moved == 0) {
    say(program, fmt::format("there was no dead letter to be {}", done));
    return ExitCode::delivered;
  }
  say(program,
      fmt::format("{} {}{}; {}", done, counted(moved, "delivery", "deliveries"),
                  asked.all ? std::string{} : " of " + words_for(asked.which), who_goes_on(program)));
  return ExitCode::delivered;
}

Result<ExitCode> export_dead(const Program& program, const Dlq& asked) {
  DISPATCH_TRY(exactly_one(asked));
  const auto ledger = journal::Ledger::open(program.journal);
  if (!ledger) return tl::unexpected(ledger.error());
  std::int64_t exported = 0;
  std::int64_t without_url = 0;
  Result<> written;
  DISPATCH_TRY(ledger->dead_events(asked.which, [&](const journal::EventRecord& event) {
    auto line = event_line(event);
    if (!line) {
      written = tl::unexpected(std::move(line).error());
      return false;
    }
    put_data(*line += '\n');
    ++exported;
    if (event.own_url.empty()) ++without_url;
    return can_put_out();
  }));
  DISPATCH_TRY(written);
  if (exported == 0 && !asked.all) return no_dead_letter(program, asked.which);
  say(program,
      fmt::format("exported {}; they stay in the journal as they are", counted(exported, "event", "events")));
  if (without_url > 0) {
    say(program,
        fmt::format("{} no url of their own: give their destination with --to when they are run again",
                    counted(without_url, "has", "have")));
  }
  return ExitCode::delivered;
}

void add_selection(CLI::App& command, Dlq& asked) {
  command.add_option("--entity", asked.which.entity, "Those of one entity")->type_name("ID");
  command.add_option("--event", asked.which.event, "Those of one event")->type_name("ID");
  command.add_flag("--all", asked.all, "All there are");
}

}  // namespace

void add_dlq_command(CLI::App& app, Program& program) {
  const auto asked = std::make_shared<Dlq>();
  CLI::App* dlq = app.add_subcommand("dlq", "List, show, release, discard or export dead letters");
  dlq->footer(footer);
  dlq->require_subcommand(1);
  const auto add = [&](const char* name, const char* help, auto act) {
    CLI::App* command = dlq->add_subcommand(name, help);
    command->footer(footer);
    command->callback(
        [&program, asked, act] { program.action = [&program, asked, act] { return act(program, *asked); }; });
    return command;
  };

  CLI::App* list = add("list", "List dead letters, why they are dead and what waits", list_dead);
  list->add_option("--entity", asked->which.entity, "Those of one entity")->type_name("ID");
  list->add_flag("--json", asked->json, "One JSON object a line");

  CLI::App* show = add("show", "Show a dead event and all its attempts", show_dead);
  show->add_option("ID", asked->event_id, "The event's id")->required();
  show->add_flag("--json", asked->json, "One JSON object a line");

  CLI::App* release = add("release", "Send dead letters again", [](const Program& on, const Dlq& which) {
    return move_dead(on, which, "released", &journal::Journal::release);
  });
  add_selection(*release, *asked);
  release->add_flag("--json", asked->json, "One JSON object a line");

  CLI::App* discard = add("discard", "Give dead letters up", [](const Program& on, const Dlq& which) {
    return move_dead(on, which, "discarded", &journal::Journal::discard);
  });
  add_selection(*discard, *asked);
  discard->add_flag("--json", asked->json, "One JSON object a line");

  CLI::App* exporting = add("export", "Write dead events as lines that run accepts", export_dead);
  add_selection(*exporting, *asked);
}

}  // namespace dispatch::cli

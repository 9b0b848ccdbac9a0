#include "base/text/printable.hpp"
#include "base/text/units.hpp"
#include "base/text/url_text.hpp"
#include "cli/commands/operator_turn.hpp"
#include "cli/options/delivery_filter_options.hpp"
#include "cli/options/delivery_schemes.hpp"
#include "cli/output/event_text.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"
#include "operations/dead_letter_advice.hpp"
#include "operations/dead_letters.hpp"
#include "operations/redirect.hpp"
#include "operations/views/dead_letter_json.hpp"
#include "operations/views/event_line.hpp"
#include "routing/url.hpp"

#include <memory>

namespace dispatch::cli {
namespace {

void say_steps(const Program& program, const std::vector<operations::NextStep>& steps) {
  for (const auto& [arguments, purpose] : steps) say_next(program, arguments, purpose);
}

constexpr const char* dlq_footer =
    R"(A dead letter blocks its lane: the deliveries behind it wait until it is
released or discarded. A released one has all its attempts again; the history of
attempts stays.

EXIT STATUS
  0  done; also if there was nothing to do
  1  the journal could not be read or written
  2  wrong usage, there is no such journal, or the only named event or entity
     has no dead letter
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch dlq list
  dispatch dlq release --entity order-17
  dispatch dlq release --host example.com --status 5xx --since 2h --dry-run
  dispatch dlq discard --event order-17-created
  dispatch dlq export --all > dead.jsonl)";

struct Dlq {
  DeliveryFilterOptions which;
  std::string event_id;
  std::optional<std::string> to;  ///< where released ones go instead
};

tl::unexpected<Error> no_dead_letter(const Program& program, std::string_view whose) {
  return misuse("{} has no dead letter in {}; list them with: {}", whose, program.journal,
                command_on(program, "dlq list"));
}

/// Where one event or entity was named and nothing else, it should have been there.
std::optional<std::string> the_one_named(const DeliveryFilterOptions& which) {
  auto rest = which;
  rest.names.events.clear();
  rest.names.entities.clear();
  if (rest.conditioned() || which.names.events.size() + which.names.entities.size() != 1) return std::nullopt;
  if (!which.names.events.empty()) return "event " + which.names.events.front();
  return "entity " + which.names.entities.front();
}

constexpr const char* none_like_that = "no dead letter matches";

Result<ExitCode> list_dead(const Program& program, const Dlq& asked) {
  const auto which = meant(asked.which, SystemClock{}.wall());
  if (!which) return tl::unexpected(which.error());
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  DISPATCH_TRY(check_known(*reader, *which));
  const WallTime now = SystemClock{}.wall();

  using Align = Table::Align;
  Table table{{{"EVENT"},
               {"ENTITY"},
               {"SEQUENCE", Align::right},
               {"ATTEMPTS", Align::right},
               {"DEAD FOR", Align::right},
               {"WAITING", Align::right},
               {"SUBSCRIPTION"},
               {"DESTINATION"},
               {"LAST OUTCOME"}},
              put_out};
  operations::DeadLetterAdvice advice{operations::DeadLetterAdvice::Names::entity};
  DISPATCH_TRY(reader->dead_letters(*which, [&](const journal::DeadLetterRecord& dead) {
    advice.add(dead);
    if (asked.which.json) {
      put_json([&](JsonObject& object) { operations::add_dead_letter(object, dead); });
    } else {
      table.row({dead.event_id, dead.entity_id.value_or(""),
                 dead.sequence ? std::to_string(dead.sequence->value()) : std::string{},
                 std::to_string(dead.attempts), age_text(dead.since, now), std::to_string(dead.waiting),
                 dead.subscription.empty() ? "direct" : dead.subscription, dead.destination,
                 dead.last ? outcome_text(*dead.last) : std::string{}});
    }
    return can_put_out();
  }));
  if (asked.which.json) return ExitCode::delivered;
  table.finish();
  if (advice.empty()) {
    say(program, asked.which.conditioned() ? none_like_that : "there is no dead letter");
    return ExitCode::delivered;
  }
  say_next(program, "dlq show ID", "see why");
  say_steps(program, advice.steps());
  return ExitCode::delivered;
}

Result<ExitCode> show_dead(const Program& program, const Dlq& asked) {
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  const journal::DeliveryFilter which{.events = {asked.event_id}};
  std::vector<journal::DeadLetterRecord> dead;
  DISPATCH_TRY(reader->dead_letters(which, [&](const journal::DeadLetterRecord& one) {
    dead.push_back(one);
    return true;
  }));
  if (dead.empty()) return no_dead_letter(program, "event " + asked.event_id);
  if (asked.which.json) {
    for (const auto& one : dead)
      put_json([&](JsonObject& object) { operations::add_dead_letter(object, one); });
    return ExitCode::delivered;
  }
  const auto event = reader->event(asked.event_id);
  if (!event) return tl::unexpected(event.error());
  DISPATCH_ASSIGN(const auto attempts, reader->attempts(asked.event_id));
  if (*event) put_event(**event, attempts, SystemClock{}.wall());
  for (const auto& one : dead) {
    if (one.waiting > 0)
      put_out(fmt::format("\n{} behind it at {}\n", counted(one.waiting, "event waits", "events wait"),
                          printable(one.destination)));
  }
  operations::DeadLetterAdvice advice{operations::DeadLetterAdvice::Names::event};
  for (const auto& one : dead) advice.add(one);
  say_steps(program, advice.steps());
  return ExitCode::delivered;
}

using Move = Result<operations::Affected> (*)(journal::Journal&, const Clock&, const journal::DeliveryFilter&,
                                              const operations::OperationOptions&);

Result<ExitCode> move_dead(const Program& program, const Dlq& asked, Move move, const ChangeWords& words) {
  const SystemClock clock;
  DISPATCH_ASSIGN(const auto which, meant_by_operator(asked.which, "dead letters", clock.wall()));
  DISPATCH_ASSIGN(const auto journal, open_for_operator(program, asked.which.dry_run));
  const auto moved = move(*journal, clock, which, {.dry_run = asked.which.dry_run});
  if (!moved) return tl::unexpected(moved.error());
  if (const auto named = the_one_named(asked.which); named && moved->deliveries == 0)
    return no_dead_letter(program, *named);
  tell_affected(program, asked.which, *moved,
                {.done = words.done, .nothing = asked.which.conditioned() ? none_like_that : words.nothing});
  return ExitCode::delivered;
}

Result<ExitCode> release_elsewhere(const Program& program, const Dlq& asked) {
  const SystemClock clock;
  DISPATCH_ASSIGN(const auto which, meant_by_operator(asked.which, "dead letters", clock.wall()));
  const auto to = routing::parse_url(*asked.to, delivery_schemes);
  if (!to) return misuse("--to {}", to.error().message);
  DISPATCH_ASSIGN(const auto journal, open_for_operator(program, asked.which.dry_run));
  const auto moved = operations::redirect(*journal, clock, which, {DeliveryState::dead_letter},
                                          {to->text, to->host}, {.dry_run = asked.which.dry_run});
  if (!moved) return tl::unexpected(moved.error());
  if (const auto named = the_one_named(asked.which);
      named && moved->affected.deliveries + moved->busy_lanes + moved->repeated_lanes == 0) {
    return misuse("{} has no direct dead letter in {} to a URL other than {}; list them with: {}", *named,
                  program.journal, without_credentials(to->text), command_on(program, "dlq list"));
  }
  tell_redirected(program, asked.which, *moved, "there was no direct dead letter that goes elsewhere");
  return ExitCode::delivered;
}

Result<ExitCode> export_dead(const Program& program, const Dlq& asked) {
  const auto which = meant_by_operator(asked.which, "dead letters", SystemClock{}.wall());
  if (!which) return tl::unexpected(which.error());
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  DISPATCH_TRY(check_known(*reader, *which));
  std::int64_t exported = 0;
  std::int64_t without_url = 0;
  Result<> written;
  DISPATCH_TRY(reader->dead_events(*which, [&](const journal::EventRecord& event) {
    auto line = operations::event_line(event);
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
  if (const auto named = the_one_named(asked.which); named && exported == 0)
    return no_dead_letter(program, *named);
  say(program,
      fmt::format("exported {}; they stay in the journal as they are", counted(exported, "event", "events")));
  if (without_url > 0) {
    say(program,
        fmt::format("{} no url of their own: give their destination with --to when they are run again",
                    counted(without_url, "has", "have")));
  }
  return ExitCode::delivered;
}

}  // namespace

void add_dlq_command(Command app, Program& program) {
  const auto asked = std::make_shared<Dlq>();
  Command dlq = app.add_subcommand("dlq", "List, show, release, discard or export dead letters");
  dlq.footer(dlq_footer);
  dlq.require_subcommand(1);
  const auto add = [&](const char* name, const char* help, auto act) {
    Command command = dlq.add_subcommand(name, help);
    command.footer(dlq_footer);
    command.callback(
        [&program, asked, act] { program.action = [&program, asked, act] { return act(program, *asked); }; });
    return command;
  };

  const auto add_change = [&](const char* name, const char* help, Move move, const ChangeWords& words) {
    Command command = add(name, help, [move, words](const Program& on, const Dlq& which) {
      return which.to ? release_elsewhere(on, which) : move_dead(on, which, move, words);
    });
    add_filter_options(command, asked->which);
    add_dead_letter_options(command, asked->which);
    add_change_options(command, asked->which);
    return command;
  };

  Command list = add("list", "List dead letters, why they are dead and what waits", list_dead);
  add_filter_options(list, asked->which);
  add_dead_letter_options(list, asked->which);
  list.add_flag("--json", asked->which.json, "One JSON object a line");

  Command show = add("show", "Show a dead event and all its attempts", show_dead);
  show.add_option("ID", asked->event_id, "The event's id").required();
  show.add_flag("--json", asked->which.json, "One JSON object a line");

  Command release = add_change("release", "Send dead letters again", operations::release,
                               {.done = "released", .nothing = "there was no dead letter to be released"});
  release.add_option("--to", asked->to, "Send direct ones there instead, and what waits behind them")
      .type_name("URL");
  add_change("discard", "Give dead letters up", operations::discard,
             {.done = "discarded", .nothing = "there was no dead letter to be discarded"});

  Command exporting = add("export", "Write dead events as lines that run accepts", export_dead);
  add_filter_options(exporting, asked->which);
  add_dead_letter_options(exporting, asked->which);
  exporting.add_flag("--all", asked->which.all, "All of them, without a condition");
}

}  // namespace dispatch::cli

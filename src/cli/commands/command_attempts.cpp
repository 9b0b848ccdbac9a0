#include "base/text/shell_text.hpp"
#include "base/text/units.hpp"
#include "cli/output/attempt_table.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"
#include "operations/views/attempt_json.hpp"

#include <memory>

namespace dispatch::cli {
namespace {

constexpr const char* attempts_footer = R"(EXIT STATUS
  0  the attempts were listed
  1  the journal could not be read
  2  wrong usage, or there is no such event or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch attempts order-17-created
  dispatch attempts --json order-17-created)";

struct Attempts {
  std::string event_id;
  bool json = false;
};

Result<ExitCode> list_attempts(const Program& program, const Attempts& asked) {
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  const auto event = reader->event(asked.event_id);
  if (!event) return tl::unexpected(event.error());
  if (!*event)
    return misuse("there is no event {} in {}; list them with: {}", asked.event_id, program.journal,
                  command_on(program, "events list"));
  DISPATCH_ASSIGN(const auto attempts, reader->attempts(asked.event_id));
  if (asked.json) {
    for (const auto& attempt : operations::attempts_json(**event, attempts)) put_data(attempt + '\n');
    for (const auto& action : operations::actions_json(**event)) put_data(action + '\n');
    return ExitCode::delivered;
  }
  if (const auto trace = operations::trace_text(**event); !trace.empty()) put_out("trace " + trace + "\n\n");
  tell_attempts(**event, attempts, SystemClock{}.wall(), put_out);
  if ((*event)->deliveries.empty())
    say(program, fmt::format("no subscription selects event {}, so it is not delivered", asked.event_id));
  say_next(program, "events show " + shell_word(asked.event_id), "see the event");
  return ExitCode::delivered;
}

}  // namespace

void add_attempts_command(Command app, Program& program) {
  Command command = app.add_subcommand("attempts", "List every attempt to deliver an event");
  const auto asked = std::make_shared<Attempts>();
  command.add_option("ID", asked->event_id, "The event's id").required();
  command.add_flag("--json", asked->json, "One JSON object a line");
  command.footer(attempts_footer);
  command.callback(
      [&program, asked] { program.action = [&program, asked] { return list_attempts(program, *asked); }; });
}

}  // namespace dispatch::cli

#include "cli/commands/events_cancel.hpp"

#include "cli/commands/operator_turn.hpp"
#include "cli/options/delivery_filter_options.hpp"
#include "cli/output/listing.hpp"
#include "operations/cancel.hpp"

#include <memory>

namespace dispatch::cli {
namespace {

constexpr const char* cancel_footer =
    R"(The selected deliveries that are pending or wait for a retry become failed, and
their lanes continue. Running requests are not affected; dead letters stay (see:
dispatch dlq discard). Undo it with dispatch replay --state failed and the same
conditions (there, --accepted-since is --since); this also sends deliveries that
failed earlier, if the conditions select them.

EXIT STATUS
  0  done; also if there was nothing to do
  1  the journal could not be read or written
  2  wrong usage, or there is no such event, file, ... or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch events cancel --file wrong.jsonl --dry-run
  dispatch events cancel --file wrong.jsonl --accepted-since 2h
  dispatch events cancel --entity order-17)";

Result<ExitCode> cancel(const Program& program, const DeliveryFilterOptions& asked) {
  const SystemClock clock;
  DISPATCH_ASSIGN(const auto which, meant_by_operator(asked, "deliveries", clock.wall()));
  DISPATCH_ASSIGN(const auto journal, open_for_operator(program, asked.dry_run));
  const auto cancelled = operations::cancel(*journal, clock, which, {.dry_run = asked.dry_run});
  if (!cancelled) return tl::unexpected(cancelled.error());
  tell_affected(program, asked, *cancelled,
                {.done = "cancelled", .nothing = "no waiting delivery matches", .tells_what_is_left = true});
  if (!asked.dry_run && !asked.json && cancelled->deliveries > 0)
    for (const auto& conditions : replay_conditions(which))
      say_next(program, "replay --state failed" + conditions + " --dry-run",
               "see which failed deliveries can be sent again");
  return ExitCode::delivered;
}

}  // namespace

void add_events_cancel(Command events, Program& program) {
  const auto asked = std::make_shared<DeliveryFilterOptions>();
  Command command = events.add_subcommand("cancel", "Cancel waiting deliveries");
  command.footer(cancel_footer);
  add_filter_options(command, *asked);
  add_event_options(command, *asked);
  add_change_options(command, *asked);
  command.callback(
      [&program, asked] { program.action = [&program, asked] { return cancel(program, *asked); }; });
}

}  // namespace dispatch::cli

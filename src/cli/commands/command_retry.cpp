#include "cli/commands/operator_turn.hpp"
#include "cli/options/delivery_filter_options.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "operations/retry.hpp"

#include <memory>

namespace dispatch::cli {
namespace {

constexpr const char* retry_footer =
    R"(The selected deliveries that wait for a retry are tried now, and an open circuit
is probed at once. The number of attempts left does not change. Dead letters
stay; release them with: dispatch dlq release

EXIT STATUS
  0  done; also if no delivery waits
  1  the journal could not be read or written
  2  wrong usage, or there is no such event, host, ... or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch retry --host example.com
  dispatch retry --all --dry-run)";

Result<ExitCode> retry(const Program& program, const DeliveryFilterOptions& asked) {
  const SystemClock clock;
  DISPATCH_ASSIGN(const auto which, meant_by_operator(asked, "deliveries", clock.wall()));
  DISPATCH_ASSIGN(const auto journal, open_for_operator(program, asked.dry_run));
  const auto retried = operations::retry(*journal, clock, which, {.dry_run = asked.dry_run});
  if (!retried) return tl::unexpected(retried.error());
  tell_affected(program, asked, retried->affected,
                {.done = "retried",
                 .nothing = "no matching delivery waits for its next attempt",
                 .tells_what_is_left = true,
                 .circuits = retried->circuits,
                 .holds = retried->holds});
  if (retried->circuits > 0 && !asked.json)
    say(program,
        fmt::format("{} {} probed at once", counted(retried->circuits, "open circuit", "open circuits"),
                    asked.dry_run            ? "would be"
                    : retried->circuits == 1 ? "is"
                                             : "are"));
  if (retried->holds > 0 && !asked.json)
    say(program,
        fmt::format("{} that asked for time {} tried at once", counted(retried->holds, "URL", "URLs"),
                    asked.dry_run         ? "would be"
                    : retried->holds == 1 ? "is"
                                          : "are"));
  return ExitCode::delivered;
}

}  // namespace

void add_retry_command(Command app, Program& program) {
  const auto asked = std::make_shared<DeliveryFilterOptions>();
  Command command = app.add_subcommand("retry", "Try now what waits for a retry or behind an open circuit");
  command.footer(retry_footer);
  add_filter_options(command, *asked);
  add_change_options(command, *asked);
  command.callback(
      [&program, asked] { program.action = [&program, asked] { return retry(program, *asked); }; });
}

}  // namespace dispatch::cli

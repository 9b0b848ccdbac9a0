#include "cli/commands/events_ack.hpp"

#include "cli/commands/operator_turn.hpp"
#include "cli/options/delivery_filter_options.hpp"
#include "cli/output/listing.hpp"
#include "operations/unknown_outcomes.hpp"

#include <memory>

namespace dispatch::cli {
namespace {

constexpr const char* ack_footer =
    R"(An attempt that a crash interrupted has an unknown outcome: the request may
have arrived. List them with: dispatch events list --unknown. Acknowledged ones
are no longer listed there or counted by status. The deliveries do not change.

EXIT STATUS
  0  done; also if there was nothing to do
  1  the journal could not be read or written
  2  wrong usage, or there is no such event, host, ... or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch events ack --event order-17-created
  dispatch events ack --all)";

Result<ExitCode> acknowledge(const Program& program, const DeliveryFilterOptions& asked) {
  const SystemClock clock;
  DISPATCH_ASSIGN(const auto which, meant_by_operator(asked, "unknown outcomes", clock.wall()));
  DISPATCH_ASSIGN(const auto journal, open_for_operator(program, asked.dry_run));
  const auto acknowledged = operations::acknowledge(*journal, clock, which, {.dry_run = asked.dry_run});
  if (!acknowledged) return tl::unexpected(acknowledged.error());
  if (asked.json) {
    put_json(
        [&](JsonObject& object) { object.add("acknowledged", *acknowledged).add("dry_run", asked.dry_run); });
  }
  const auto outcomes = counted(*acknowledged, "unknown outcome", "unknown outcomes");
  if (*acknowledged == 0) {
    say(program, "there is no unknown outcome to acknowledge");
  } else if (asked.dry_run) {
    say(program, fmt::format("{} would be acknowledged; nothing was changed", outcomes));
  } else {
    say(program, fmt::format("acknowledged {}", outcomes));
  }
  return ExitCode::delivered;
}

}  // namespace

void add_events_ack(Command events, Program& program) {
  const auto asked = std::make_shared<DeliveryFilterOptions>();
  Command command = events.add_subcommand("ack", "Acknowledge unknown outcomes");
  command.footer(ack_footer);
  add_filter_options(command, *asked);
  add_change_options(command, *asked);
  command.callback(
      [&program, asked] { program.action = [&program, asked] { return acknowledge(program, *asked); }; });
}

}  // namespace dispatch::cli

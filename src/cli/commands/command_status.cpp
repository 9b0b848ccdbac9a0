#include "base/text/shell_text.hpp"
#include "base/text/units.hpp"
#include "cli/options/option_values.hpp"
#include "cli/output/listing.hpp"
#include "cli/output/screen.hpp"
#include "cli/output/status_text.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>

#include <unistd.h>

namespace dispatch::cli {
namespace {

constexpr const char* status_footer =
    R"(It can be used during a run, and does not disturb it.

EXIT STATUS
  0  the status was shown
  1  the journal could not be read
  2  wrong usage, or there is no such journal
  6  the journal is not ours (other application, newer version), or has
     a second name: see dispatch-operating(7)

EXAMPLES
  dispatch status
  dispatch status --watch
  dispatch status --json)";

/// Of hosts, paused subscriptions and circuits each.
constexpr std::size_t rows_shown = 10;
/// A big journal takes time to be asked; watching it leaves the machine to the run most of the time.
constexpr int rests_for_each_look = 4;

struct StatusOptions {
  bool watch = false;
  bool json = false;
  std::chrono::microseconds interval{std::chrono::seconds{1}};
};

Result<std::chrono::microseconds> parse_interval(std::string_view text) {
  auto interval = parse_duration(text);
  if (interval && *interval < std::chrono::milliseconds{100})
    return misuse("'{}' is too short an interval; the minimum is 100ms", text);
  return interval;
}

Result<operations::Status> look(const Program& program, const journal::JournalReader& reader) {
  auto journal_status = reader.status(rows_shown, SystemClock{}.wall());
  if (!journal_status) return tl::unexpected(std::move(journal_status).error());
  return operations::Status{program.journal, std::move(*journal_status)};
}

void put_status(const operations::Status& status, const StatusOptions& asked, WallTime now) {
  if (asked.json) {
    put_json([&](JsonObject& object) { operations::add_status(object, status, now); });
  } else {
    put_out(status_text(status, now));
  }
}

void say_what_next(const Program& program, const journal::JournalStatus& journal_status) {
  if (journal_status.blocked_lanes > 0) say_next(program, "dlq list", "see what is dead");
  if (journal_status.gapped_entities > 0)
    say_next(program, "gap list", "see which sequence numbers are missing");
  if (journal_status.rejects.lines > 0)
    say_next(program, "rejects list", "see which lines were rejected and why");
  if (journal_status.unknown > 0) {
    say_next(program, "events list --unknown", "see what may have arrived twice");
    say_next(program, "events ack --all", "acknowledge them, so that they are no longer listed");
  }
  for (const auto& paused : journal_status.paused)
    say_next(program, "subscription resume " + shell_word(paused.subscription),
             "resume a paused subscription");
  for (const auto& circuit : journal_status.circuits)
    if (!circuit.half_open)
      say_next(program,
               circuit.subscription.empty() ? "retry --url " + shell_word(circuit.url)
                                            : "retry --subscription " + shell_word(circuit.subscription),
               "try a destination with an open circuit at once");
  if (journal_status.movable_retries > 0)
    say_next(program, "retry --all", "try at once what waits for a retry");
  if (!journal_status.owned &&
      journal_status.movable + journal_status.state_counts.of(DeliveryState::in_flight) > 0)
    say_next(program, "run", "deliver what waits");
}

Result<ExitCode> watch(const Program& program, const journal::JournalReader& reader,
                       const StatusOptions& asked) {
  const bool screen = !asked.json && is_screen(STDOUT_FILENO);
  const SystemClock clock;
  while (can_put_out()) {
    const auto began = clock.steady();
    DISPATCH_ASSIGN(const auto status, look(program, reader));
    if (screen) put_data("\x1b[H\x1b[2J");
    put_status(status, asked, clock.wall());
    if (!screen && !asked.json) put_out("\n");
    if (std::fflush(stdout) != 0) break;
    const auto took = clock.steady() - began;
    std::this_thread::sleep_for(std::max<SteadyTime::duration>(asked.interval, took * rests_for_each_look));
  }
  return ExitCode::delivered;
}

Result<ExitCode> show_status(const Program& program, const StatusOptions& asked) {
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  if (asked.watch) return watch(program, *reader, asked);
  DISPATCH_ASSIGN(const auto status, look(program, *reader));
  put_status(status, asked, SystemClock{}.wall());
  if (!asked.json) say_what_next(program, status.journal_status);
  return ExitCode::delivered;
}

}  // namespace

void add_status_command(Command app, Program& program) {
  Command command = app.add_subcommand("status", "Show the state of the journal");
  const auto asked = std::make_shared<StatusOptions>();
  command.add_flag("--watch", asked->watch, "Show it again and again, until interrupted");
  add_value(command, "--interval", asked->interval, parse_interval, "With --watch, the interval")
      .type_name("DURATION")
      .default_str("1s");
  command.add_flag("--json", asked->json, "One JSON object a line");
  command.footer(status_footer);
  command.callback(
      [&program, asked] { program.action = [&program, asked] { return show_status(program, *asked); }; });
}

}  // namespace dispatch::cli

#include "base/clock.hpp"
#include "base/text/units.hpp"
#include "cli/commands/backup_commands.hpp"
#include "cli/output/listing.hpp"
#include "cli/run/stop_on_signal.hpp"
#include "journal/store.hpp"

#include <memory>
#include <string>

namespace dispatch::cli {
namespace {

constexpr const char* restore_footer =
    R"(The previous journal is kept as JOURNAL.replaced-TIME, with its log. The next
run sends events again that were delivered since the backup, with the same
idempotency keys.

EXIT STATUS
  0  the copy of FILE is in place
  1  it could not be written; the journal is unchanged
  2  wrong usage, or there is no such file
  5  interrupted; the journal is unchanged
  6  the journal is in use, or FILE is not a journal of dispatch, is in use
     under another name, or has several names

EXAMPLES
  dispatch restore /var/backups/dispatch.db
  dispatch restore --journal /var/lib/orders/dispatch.db monday.db)";

Result<ExitCode> restore(const Program& program, const std::string& file) {
  const StopOnSignal stop;
  const auto done = program.store->restore(file, SystemClock{}.wall(), stop.token());
  if (!done) return tl::unexpected(done.error());
  say(program, fmt::format("journal {} was restored from {}: {} ({})", program.journal, file,
                           counted(done->backup.events, "event", "events"), format_size(done->backup.bytes)));
  if (done->replaced) say(program, "the previous journal is kept as " + done->replaced->string());
  say(program, "events that were delivered since the backup are sent again, with the same idempotency keys");
  say(program, "events that were accepted since the backup are not in the journal: give their input again");
  const auto readable = program.store->read();
  if (readable || readable.error().failure != Failure::unavailable)
    say_next(program, "verify", "check the journal");
  else
    say_next(program, "store migrate", "migrate it from its older version, without sending");
  say_next(program, "run", "deliver what waits in it");
  return ExitCode::delivered;
}

}  // namespace

void add_restore_command(Command app, Program& program) {
  Command command = app.add_subcommand("restore", "Replace the journal with a backup");
  const auto file = std::make_shared<std::string>();
  command.add_option("FILE", *file, "A file that 'dispatch backup' made, or another journal")
      .required()
      .type_name("");
  command.footer(restore_footer);
  command.callback(
      [&program, file] { program.action = [&program, file] { return restore(program, *file); }; });
}

}  // namespace dispatch::cli

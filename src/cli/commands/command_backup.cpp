#include "base/text/shell_text.hpp"
#include "base/text/units.hpp"
#include "cli/commands/backup_commands.hpp"
#include "cli/output/listing.hpp"
#include "cli/run/stop_on_signal.hpp"
#include "journal/store.hpp"

#include <memory>
#include <string>

namespace dispatch::cli {
namespace {

constexpr const char* backup_footer =
    R"(The copy is a snapshot of the journal. A run may be active at the same time. A
journal of an older version is copied as it is.

EXIT STATUS
  0  the copy is complete and on the disk
  1  the journal could not be read, or the copy not written
  2  wrong usage, there is no such journal, or FILE exists
  5  interrupted; nothing was changed
  6  the journal is not ours (other application, newer version), or has
     a second name: see dispatch-operating(7)

EXAMPLES
  dispatch backup /var/backups/dispatch.db
  dispatch backup "dispatch-$(date +%F).db")";

Result<ExitCode> back_up(const Program& program, const std::string& file) {
  const StopOnSignal stop;
  DISPATCH_ASSIGN(const auto made, program.store->back_up(file, stop.token()));
  say(program, fmt::format("{} in {} ({})", counted(made.events, "event is", "events are"), file,
                           format_size(made.bytes)));
  say_next(program, "restore " + shell_word(file), "put it back");
  return ExitCode::delivered;
}

}  // namespace

void add_backup_command(Command app, Program& program) {
  Command command = app.add_subcommand("backup", "Copy the journal to a file");
  const auto file = std::make_shared<std::string>();
  command.add_option("FILE", *file, "The file to write; an existing file is not overwritten")
      .required()
      .type_name("");
  command.footer(backup_footer);
  command.callback(
      [&program, file] { program.action = [&program, file] { return back_up(program, *file); }; });
}

}  // namespace dispatch::cli

#include "cli/options/input_options.hpp"
#include "cli/program.hpp"
#include "cli/run/dry_run.hpp"
#include "cli/run/run_files.hpp"
#include "cli/run/session.hpp"
#include "flow/run.hpp"

#include <algorithm>
#include <memory>
#include <vector>

namespace dispatch::cli {
namespace {

constexpr const char* ingest_footer =
    R"(This command sends nothing. 'dispatch run' delivers the accepted events; it may
be active at the same time.

EXIT STATUS
  0  every line is in the journal
  1  accepting failed (journal, disk, internal)
  2  wrong usage, configuration or input
  4  finished; some input was rejected or not read
  5  interrupted; what was accepted is in the journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch ingest --to https://example.com/hook events.jsonl
  tail -f events.jsonl | dispatch ingest -)";

struct Ingest {
  InputOptions input;
  bool quiet = false;
  bool no_progress = false;
};

Result<ExitCode> ingest(const Program& program, const Ingest& asked) {
  if (asked.input.dry_run) return dry_run(program, asked.input, run_files(program, asked.input));
  if (asked.quiet) program.log->set_level(std::max(program.log->level(), spdlog::level::err));
  auto session = Session::open(program, asked.input, run_files(program, asked.input), Task::accept,
                               {!asked.quiet && !asked.no_progress, !asked.quiet});
  if (!session) return tl::unexpected(std::move(session).error());
  flow::RunOptions options;
  DISPATCH_TRY(set_input(options, asked.input));
  return (*session)->run(
      [&options](Session& open) { return flow::accept(open.acceptance(), options, open.shared_stats()); });
}

}  // namespace

void add_ingest_command(Command app, Program& program) {
  Command command = app.add_subcommand("ingest", "Accept events into the journal, to be delivered later");
  const auto asked = std::make_shared<Ingest>();
  add_input_options(command, asked->input);
  command.option("FILE").required();
  command.add_flag("--no-progress", asked->no_progress, "Show no progress, only the summary").group("Talk");
  command.add_flag("--quiet", asked->quiet, "Print only errors, and one line with what is left to do")
      .group("Talk");
  command.footer(ingest_footer);
  command.callback(
      [&program, asked] { program.action = [&program, asked] { return ingest(program, *asked); }; });
}

}  // namespace dispatch::cli

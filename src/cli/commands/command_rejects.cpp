#include "base/text/shell_text.hpp"
#include "base/text/units.hpp"
#include "base/text/whole_number.hpp"
#include "cli/commands/operator_turn.hpp"
#include "cli/options/option_values.hpp"
#include "cli/output/listing.hpp"
#include "cli/output/table.hpp"
#include "cli/program.hpp"
#include "ingest/input_name.hpp"
#include "journal/store.hpp"
#include "operations/rejects.hpp"
#include "operations/views/reject_json.hpp"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

namespace dispatch::cli {
namespace {

constexpr const char* rejects_footer =
    R"(A rejected line is listed once, even if it is read again. It is removed from the
list when the same line is accepted or when it is cleared. A corrected line is
another line.

EXIT STATUS
  0  the lines were listed, exported or cleared
  1  the journal could not be read or written
  2  wrong usage, or there is no such journal or line
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch rejects list
  dispatch rejects export --all > mended.jsonl
  dispatch rejects clear --file events.jsonl)";

constexpr WholeNumber any_number{1, std::numeric_limits<std::int64_t>::max()};

struct Rejects {
  journal::RejectSelection which;
  bool all = false;
  bool cleared = false;
  bool json = false;
  bool dry_run = false;

  bool conditioned() const { return !which.numbers.empty() || which.file; }
};

std::string number(std::int64_t count) {
  return std::to_string(count);
}

Result<ExitCode> no_such_line(const Program& program) {
  return misuse("no such rejected line is open in {}; list them with: {}", program.journal,
                command_on(program, "rejects list"));
}

/// The conditions as export and clear take them: " --file events.jsonl", or " --all".
std::string same_lines(const Rejects& asked) {
  std::string text;
  for (const auto number : asked.which.numbers) text += fmt::format(" --reject {}", number);
  if (asked.which.file) text += " --file " + shell_word(*asked.which.file);
  return text.empty() ? " --all" : text;
}

/// The name that the journal has for the file. It is the one that it was read by; where none of that name is
/// known, another spelling of the same path is.
Result<std::string> recorded_file(const journal::JournalReader& reader, const std::string& typed) {
  std::string same;
  bool exact = false;
  DISPATCH_TRY(reader.rejects({}, true, [&](const journal::RejectedRecord& reject) {
    exact = reject.file == typed;
    if (same.empty() && ingest::input_name(reject.file) == ingest::input_name(typed)) same = reject.file;
    return !exact;
  }));
  return exact || same.empty() ? typed : same;
}

Result<> use_recorded_file(const Program& program, Rejects& asked) {
  if (!asked.which.file) return {};
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  DISPATCH_ASSIGN(asked.which.file, recorded_file(*reader, *asked.which.file));
  return {};
}

Result<ExitCode> list_rejects(const Program& program, const Rejects& asked) {
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  const WallTime now = SystemClock{}.wall();
  using Align = Table::Align;
  Table table{{{"REJECT", Align::right},
               {"FILE"},
               {"LINE", Align::right},
               {"SIZE", Align::right},
               {"TIMES", Align::right},
               {"FOR", Align::right},
               {"STATE"},
               {"REASON"}},
              put_out};
  std::int64_t open = 0;
  std::int64_t listed = 0;
  DISPATCH_TRY(reader->rejects(asked.which, asked.cleared, [&](const journal::RejectedRecord& reject) {
    ++listed;
    if (!reject.cleared_at) ++open;
    if (asked.json) {
      put_json([&](JsonObject& object) { operations::add_reject(object, reject); });
    } else {
      table.row({number(reject.number), reject.file, std::to_string(reject.line),
                 format_size(static_cast<std::uint64_t>(reject.bytes)), number(reject.times),
                 age_text(reject.first_at, now), reject.cleared_at ? "cleared" : "open", reject.reason});
    }
    return can_put_out();
  }));
  if (listed == 0 && !asked.which.numbers.empty()) return no_such_line(program);
  if (asked.json) return ExitCode::delivered;
  table.finish();
  if (open == 0) {
    say(program, asked.conditioned() ? "no open rejected line matches" : "there is no open rejected line");
    if (!asked.cleared) say_next(program, "rejects list --cleared", "see those that were cleared");
  } else {
    say_next(program, "rejects export" + same_lines(asked) + " > mended.jsonl",
             "export them, to correct them and run them");
    say_next(program, "rejects clear" + same_lines(asked), "clear them");
  }
  return ExitCode::delivered;
}

/// An error unless lines are selected.
Result<> check_selection(const Rejects& asked) {
  if (asked.conditioned() == asked.all)
    return misuse("name lines with --reject or --file, or all of them with --all");
  return {};
}

Result<ExitCode> export_lines(const Program& program, const Rejects& asked) {
  DISPATCH_TRY(check_selection(asked));
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  const auto form = asked.json ? operations::RejectForm::records : operations::RejectForm::lines;
  const auto put =
      ::isatty(STDOUT_FILENO) != 0 ? put_out : put_data;  // a terminal must not obey a stranger's line
  const auto written = operations::export_rejects(*reader, asked.which, form, [put](std::string_view text) {
    put(text);
    return can_put_out();
  });
  if (!written) return tl::unexpected(written.error());
  if (*written == 0 && !asked.all) return no_such_line(program);
  say(program,
      fmt::format("exported {}; they stay on the list until the same lines are accepted, or cleared; when "
                  "run again, a line without a sequence number comes after the later events of its entity",
                  counted(*written, "line", "lines")));
  return ExitCode::delivered;
}

Result<journal::RejectCount> cleared_by(const Program& program, const Rejects& asked) {
  if (asked.dry_run) {
    DISPATCH_ASSIGN(const auto reader, program.store->read());
    return operations::count_rejects(*reader, asked.which);
  }
  DISPATCH_ASSIGN(const auto journal, open_for_operator(program, false));
  return operations::clear_rejects(*journal, asked.which, SystemClock{});
}

Result<ExitCode> clear_lines(const Program& program, const Rejects& asked) {
  DISPATCH_TRY(check_selection(asked));
  const auto cleared = cleared_by(program, asked);
  if (!cleared) return tl::unexpected(cleared.error());
  if (cleared->lines == 0 && !asked.all) return no_such_line(program);
  if (asked.json)
    put_json([&](JsonObject& object) {
      object.add(asked.dry_run ? "would_clear" : "cleared", cleared->lines)
          .add("bytes", cleared->bytes)
          .add("dry_run", asked.dry_run);
    });
  say(program, fmt::format("{} {} ({})", asked.dry_run ? "would clear" : "cleared",
                           counted(cleared->lines, "rejected line", "rejected lines"),
                           format_size(static_cast<std::uint64_t>(cleared->bytes))));
  return ExitCode::delivered;
}

void add_filters(Command command, Rejects& asked) {
  command
      .add_texts_option(
          "--reject",
          [&asked](const std::string& text) -> Result<> {
            DISPATCH_ASSIGN(const auto number, any_number(text));
            asked.which.numbers.push_back(static_cast<std::int64_t>(number));
            return {};
          },
          "The line with this number; may be repeated")
      .type_name("N")
      .allow_extra_args(false);
  command.add_option("--file", asked.which.file, "Lines from this input; - is standard input")
      .type_name("FILE");
}

}  // namespace

void add_rejects_command(Command app, Program& program) {
  const auto asked = std::make_shared<Rejects>();
  Command rejects = app.add_subcommand("rejects", "List, export or clear lines that were rejected");
  rejects.footer(rejects_footer);
  rejects.require_subcommand(1);
  const auto add = [&](const char* name, const char* help, auto act) {
    Command command = rejects.add_subcommand(name, help);
    command.footer(rejects_footer);
    add_filters(command, *asked);
    command.callback([&program, asked, act] {
      program.action = [&program, asked, act]() -> Result<ExitCode> {
        DISPATCH_TRY(use_recorded_file(program, *asked));
        return act(program, *asked);
      };
    });
    return command;
  };

  Command list = add("list", "List rejected lines, where they came from and why", list_rejects);
  list.add_flag("--cleared", asked->cleared, "Also cleared lines");
  list.add_flag("--json", asked->json, "One JSON object a line");

  Command exporting = add("export", "Write rejected lines as they came", export_lines);
  exporting.add_flag("--all", asked->all, "All rejected lines");
  exporting.add_flag("--json", asked->json, "One JSON object a line, with file, line number and reason");

  Command clear = add("clear", "Take rejected lines off the list", clear_lines);
  clear.add_flag("--all", asked->all, "All rejected lines");
  clear.add_flag("--dry-run", asked->dry_run, "Only count the lines; change nothing");
  clear.add_flag("--json", asked->json, "One JSON object a line");
}

}  // namespace dispatch::cli

#include "base/shell_text.hpp"
#include "base/units.hpp"
#include "cli/listing.hpp"
#include "cli/operator_turn.hpp"
#include "cli/program.hpp"
#include "journal/ledger.hpp"

#include <memory>
#include <optional>

#include <CLI/CLI.hpp>

namespace dispatch::cli {
namespace {

constexpr const char* footer = R"(An event that comes for a number that was skipped is rejected.

EXIT STATUS
  0  the gaps were listed, or one was skipped
  1  the journal could not be read or written
  2  usage, or there is no such gap or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch gap list
  dispatch gap skip --entity order-17)";

struct Gap {
  std::optional<std::string> entity;
  bool all = false;
  bool json = false;
};

void put_gap_json(const journal::GapRecord& gap) {
  put_json([&](JsonObject& object) {
    object.add("entity_id", gap.entity_id)
        .add("first_missing", gap.first_missing.value())
        .add("last_missing", gap.last_missing.value())
        .add("missing", gap.last_missing.value() - gap.first_missing.value() + 1);
    add_time(object, "since", gap.since);
    add_time(object, "skipped_at", gap.skipped_at);
    object.add("waiting", gap.waiting);
  });
}

Result<ExitCode> list_gaps(const Program& program, const Gap& asked) {
  const auto ledger = journal::Ledger::open(program.journal);
  if (!ledger) return tl::unexpected(ledger.error());
  const WallTime now = SystemClock{}.wall();

  using Align = Table::Align;
  Table table{{{"ENTITY"},
               {"FIRST", Align::right},
               {"LAST", Align::right},
               {"MISSING", Align::right},
               {"WAITING", Align::right},
               {"SINCE"},
               {"FOR", Align::right},
               {"STATE"}},
              put_out};
  std::string first_open;
  DISPATCH_TRY(ledger->gaps(asked.entity, asked.all, [&](const journal::GapRecord& gap) {
    if (first_open.empty() && !gap.skipped_at) first_open = gap.entity_id;
    if (asked.json) {
      put_gap_json(gap);
    } else {
      table.row({gap.entity_id, std::to_string(gap.first_missing.value()),
                 std::to_string(gap.last_missing.value()),
                 std::to_string(gap.last_missing.value() - gap.first_missing.value() + 1),
                 std::to_string(gap.waiting), format_time(gap.since), age_text(gap.since, now),
                 gap.skipped_at ? "skipped" : "open"});
    }
    return can_put_out();
  }));
  if (asked.json) return ExitCode::delivered;
  table.finish();
  if (first_open.empty()) {
    say(program, "nothing waits behind a gap");
  } else {
    say_next(program, "gap skip --entity " + shell_word(first_open),
             "go on without the lowest missing numbers of an entity");
  }
  return ExitCode::delivered;
}

Result<ExitCode> skip_gap(const Program& program, const Gap& asked) {
  std::optional<std::pair<SequenceNumber, SequenceNumber>> skipped;
  DISPATCH_TRY(operator_turn(program.journal, [&](journal::Journal& journal, WallTime now) -> Result<> {
    auto gap = journal.skip_gap(*asked.entity, now);
    if (!gap) return tl::unexpected(std::move(gap).error());
    skipped = *gap;
    return {};
  }));
  if (!skipped) {
    return misuse("entity {} has no open gap in {}; list those there are with: {}", *asked.entity,
                  program.journal, command_on(program, "gap list"));
  }
  if (asked.json) {
    put_json([&](JsonObject& object) {
      object.add("entity_id", *asked.entity)
          .add("first_skipped", skipped->first.value())
          .add("last_skipped", skipped->second.value());
    });
  }
  say(program, fmt::format("skipped {} to {} of entity {}; {}", skipped->first.value(),
                           skipped->second.value(), *asked.entity, who_goes_on(program)));
  return ExitCode::delivered;
}

}  // namespace

void add_gap_command(CLI::App& app, Program& program) {
  const auto asked = std::make_shared<Gap>();
  CLI::App* gap = app.add_subcommand("gap", "List missing sequence numbers, or go on without them");
  gap->footer(footer);
  gap->require_subcommand(1);

  CLI::App* list = gap->add_subcommand("list", "List the sequence numbers that are missing, and what waits");
  list->footer(footer);
  list->add_option("--entity", asked->entity, "Those of one entity")->type_name("ID");
  list->add_flag("--all", asked->all, "Those that were skipped too");
  list->add_flag("--json", asked->json, "One JSON object a line");
  list->callback(
      [&program, asked] { program.action = [&program, asked] { return list_gaps(program, *asked); }; });

  CLI::App* skip = gap->add_subcommand("skip", "Give up the lowest missing numbers of an entity");
  skip->footer(footer);
  skip->add_option("--entity", asked->entity, "The entity")->type_name("ID")->required();
  skip->add_flag("--json", asked->json, "One JSON object a line");
  skip->callback(
      [&program, asked] { program.action = [&program, asked] { return skip_gap(program, *asked); }; });
}

}  // namespace dispatch::cli

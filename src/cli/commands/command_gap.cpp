#include "base/text/shell_text.hpp"
#include "base/text/units.hpp"
#include "base/text/whole_number.hpp"
#include "cli/commands/operator_turn.hpp"
#include "cli/options/delivery_filter_options.hpp"
#include "cli/options/option_values.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"
#include "operations/gaps.hpp"
#include "operations/views/gap_json.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>

namespace dispatch::cli {
namespace {

constexpr const char* gap_footer = R"(An event that arrives later with a skipped number is rejected.

EXIT STATUS
  0  the gaps were listed, or skipped; with --all also if there was none
  1  the journal could not be read or written
  2  wrong usage, or there is no such gap, entity or journal
  6  the journal is not ours (other application, newer version)

EXAMPLES
  dispatch gap list
  dispatch gap skip --entity order-17 --first-missing 4
  dispatch gap skip --all --older-than 1h)";

struct Gap {
  std::optional<std::string> entity;
  bool all = false;
  bool json = false;
  bool dry_run = false;
  std::optional<std::chrono::microseconds> older_than;
  std::optional<SequenceNumber> first_missing;
};

Result<std::optional<SequenceNumber>> parse_sequence_number(std::string_view text) {
  const auto number = WholeNumber{0, std::numeric_limits<std::int64_t>::max()}(text);
  if (!number) return tl::unexpected(number.error());
  return std::optional{SequenceNumber{static_cast<std::int64_t>(*number)}};
}

Result<std::optional<std::chrono::microseconds>> parse_older_than(std::string_view text) {
  DISPATCH_ASSIGN(const auto duration, parse_duration(text));
  return std::optional{duration};
}

Result<ExitCode> list_gaps(const Program& program, const Gap& asked) {
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  if (asked.entity) DISPATCH_TRY(check_known(*reader, {.entities = {*asked.entity}}));
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
  std::string skip_first;  // what to type to skip the first one that is open
  DISPATCH_TRY(reader->gaps(asked.entity, asked.all, [&](const journal::GapRecord& gap) {
    if (skip_first.empty() && !gap.skipped_at) {
      skip_first = fmt::format("gap skip --entity {} --first-missing {}", shell_word(gap.entity_id),
                               gap.first_missing.value());
    }
    if (asked.json) {
      put_json([&](JsonObject& object) { operations::add_gap(object, gap); });
    } else {
      table.row({gap.entity_id, std::to_string(gap.first_missing.value()),
                 std::to_string(gap.last_missing.value()),
                 std::to_string(gap.last_missing.value() - gap.first_missing.value() + 1),
                 std::to_string(gap.waiting), format_time(gap.since), age_text(gap.since, now),
                 gap.skipped_at ? std::string{operations::to_text(gap.by)} : "open"});
    }
    return can_put_out();
  }));
  if (asked.json) return ExitCode::delivered;
  table.finish();
  if (skip_first.empty()) {
    say(program, asked.entity ? fmt::format("entity {} waits behind no gap", *asked.entity)
                              : std::string{"nothing waits behind a gap"});
  } else {
    say_next(program, skip_first, "go on without the lowest missing numbers of an entity");
    say(program,
        "if streams do not begin at 1, use --first-sequence of run and ingest; if numbers are often missing, "
        "use --gaps");
  }
  return ExitCode::delivered;
}

Result<operations::SkippedGaps> skipped_by(const Program& program, const Gap& asked, const Clock& clock) {
  DISPATCH_ASSIGN(const auto reader, program.store->read());
  if (asked.dry_run) return operations::count_gaps(*reader, asked.older_than, clock.wall());
  DISPATCH_ASSIGN(const auto journal, open_for_operator(program, false));
  return operations::skip_gaps(*reader, *journal, asked.older_than, clock);
}

Result<ExitCode> skip_all(const Program& program, const Gap& asked) {
  const auto skipped = skipped_by(program, asked, SystemClock{});
  if (!skipped) return tl::unexpected(skipped.error());
  if (asked.json) {
    put_json([&](JsonObject& object) {
      object.add(asked.dry_run ? "would_skip" : "skipped", skipped->gaps)
          .add("numbers", skipped->numbers)
          .add("dry_run", asked.dry_run);
    });
  }
  std::string said = fmt::format("{} {} with {}", asked.dry_run ? "would skip" : "skipped",
                                 counted(skipped->gaps, "gap", "gaps"),
                                 counted(skipped->numbers, "missing number", "missing numbers"));
  if (!asked.dry_run && skipped->gaps > 0) said += "; " + who_goes_on(program);
  say(program, said);
  return ExitCode::delivered;
}

Result<ExitCode> skip_gap(const Program& program, const Gap& asked) {
  if (asked.entity.has_value() == asked.all)
    return misuse("name one entity with --entity, or all with --all");
  if (asked.all && asked.first_missing) return misuse("--first-missing goes with --entity");
  if (asked.all) return skip_all(program, asked);
  if (asked.older_than || asked.dry_run) return misuse("--older-than and --dry-run go with --all");
  std::optional<std::pair<SequenceNumber, SequenceNumber>> skipped;
  DISPATCH_TRY(operator_turn(
      program, [&](journal::Journal&, journal::Transaction& transaction, WallTime now) -> Result<> {
        DISPATCH_ASSIGN(auto gap, transaction.skip_gap(*asked.entity, asked.first_missing, now));
        skipped = gap;
        return {};
      }));
  if (!skipped) {
    const auto which = asked.first_missing ? fmt::format("no open gap that begins at {} and is its lowest",
                                                         asked.first_missing->value())
                                           : std::string{"no open gap"};
    return misuse("entity {} has {} in {}; list them with: {}", *asked.entity, which, program.journal,
                  command_on(program, "gap list"));
  }
  if (asked.json) {
    put_json([&](JsonObject& object) {
      object.add("entity_id", *asked.entity)
          .add("first_skipped", skipped->first.value())
          .add("last_skipped", skipped->second.value());
    });
  }
  const auto [first, last] = *skipped;
  const auto numbers = first == last ? fmt::format("number {}", first.value())
                                     : fmt::format("numbers {} to {}", first.value(), last.value());
  say(program,
      fmt::format("skipped the missing sequence {} of entity {}: the events behind can be delivered; {}",
                  numbers, *asked.entity, who_goes_on(program)));
  return ExitCode::delivered;
}

}  // namespace

void add_gap_command(Command app, Program& program) {
  const auto asked = std::make_shared<Gap>();
  Command gap = app.add_subcommand("gap", "List missing sequence numbers, or go on without them");
  gap.footer(gap_footer);
  gap.require_subcommand(1);

  Command list = gap.add_subcommand("list", "List the sequence numbers that are missing, and what waits");
  list.footer(gap_footer);
  list.add_option("--entity", asked->entity, "Only gaps of this entity").type_name("ID");
  list.add_flag("--all", asked->all, "Also skipped gaps");
  list.add_flag("--json", asked->json, "One JSON object a line");
  list.callback(
      [&program, asked] { program.action = [&program, asked] { return list_gaps(program, *asked); }; });

  Command skip = gap.add_subcommand("skip", "Give up the lowest missing numbers of an entity");
  skip.footer(gap_footer);
  skip.add_option("--entity", asked->entity, "The entity").type_name("ID");
  add_value(skip, "--first-missing", asked->first_missing, parse_sequence_number,
            "With --entity, only where its lowest gap begins at this number")
      .type_name("N");
  skip.add_flag("--all", asked->all, "All gaps of all entities");
  add_value(skip, "--older-than", asked->older_than, parse_older_than,
            "With --all, only gaps at least this old")
      .type_name("DURATION");
  skip.add_flag("--dry-run", asked->dry_run, "With --all, only count the gaps; change nothing");
  skip.add_flag("--json", asked->json, "One JSON object a line");
  skip.callback(
      [&program, asked] { program.action = [&program, asked] { return skip_gap(program, *asked); }; });
}

}  // namespace dispatch::cli

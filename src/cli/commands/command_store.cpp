#include "cli/commands/operator_turn.hpp"
#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"

#include <optional>
#include <string>

namespace dispatch::cli {
namespace {

constexpr const char* store_footer =
    R"(These commands send nothing.

EXIT STATUS
  0  the journal exists and has the version of this program
  1  the journal could not be read or written
  2  wrong usage, or there is no journal to migrate
  6  the journal is in use by an older program, or is not ours (other
     application, newer version)

EXAMPLES
  dispatch store init --journal /var/lib/orders/dispatch.db
  dispatch backup before.db && dispatch store migrate)";

Result<ExitCode> init_store(const Program& program) {
  const bool is_new = !program.store->may_exist();
  auto opening = to_change(program);
  opening.migrated = {};  // an older journal is left as it is; the error names the command that migrates
  DISPATCH_ASSIGN(const auto journal, program.store->open(opening));
  say(program,
      fmt::format("{} the journal {}", is_new ? "made" : "there is already", program.store->full_name()));
  say_next(program, "run FILE", "accept events and deliver them");
  return ExitCode::delivered;
}

Result<ExitCode> migrate_store(const Program& program) {
  std::optional<std::string> migrated;
  auto opening = to_change(program);
  opening.existing_only = true;
  opening.migrated = [&](const std::string& what) { migrated = what; };
  DISPATCH_ASSIGN(const auto journal, program.store->open(opening));
  say(program, migrated ? *migrated
                        : fmt::format("journal {} needs no migration: it has the version of this program",
                                      program.journal));
  if (migrated) say_next(program, "run", "deliver what waits in it");
  return ExitCode::delivered;
}

}  // namespace

void add_store_command(Command app, Program& program) {
  Command store = app.add_subcommand("store", "Make an empty journal, or migrate one of an older version");
  store.footer(store_footer);
  store.require_subcommand(1);

  Command init = store.add_subcommand("init", "Make an empty journal; an existing one stays as it is");
  init.footer(store_footer);
  init.callback([&program] { program.action = [&program] { return init_store(program); }; });

  Command migrate =
      store.add_subcommand("migrate", "Migrate the journal to the version of this program; send nothing");
  migrate.footer(store_footer);
  migrate.callback([&program] { program.action = [&program] { return migrate_store(program); }; });
}

}  // namespace dispatch::cli

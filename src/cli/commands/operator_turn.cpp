#include "cli/commands/operator_turn.hpp"

#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/sqlite/locks/ownership.hpp"
#include "journal/sqlite/sqlite_journal.hpp"
#include "operations/commit.hpp"

namespace dispatch::cli {

journal::SqliteOptions to_change(const Program& program) {
  journal::SqliteOptions options;
  options.migrated = [&program](const std::string& what) { say(program, what); };
  return options;
}

Result<> operator_turn(
    const Program& program,
    const std::function<Result<>(journal::Journal&, journal::Transaction&, WallTime now)>& act,
    bool may_make) {
  auto options = to_change(program);
  options.existing_only = !may_make;
  const auto journal = journal::SqliteJournal::open(program.journal, options);
  if (!journal) return tl::unexpected(journal.error());
  auto transaction = (*journal)->begin();
  if (!transaction) return tl::unexpected(std::move(transaction).error());
  DISPATCH_TRY(act(**journal, **transaction, SystemClock{}.wall()));
  return operations::commit_whole(**transaction, **journal);
}

Result<std::unique_ptr<journal::Journal>> open_for_operator(const Program& program, bool dry_run) {
  auto options = dry_run ? journal::SqliteOptions{} : to_change(program);
  options.existing_only = true;
  auto journal = journal::SqliteJournal::open(program.journal, options);
  if (!journal) return tl::unexpected(std::move(journal).error());
  return std::unique_ptr<journal::Journal>{std::move(*journal)};
}

std::string who_goes_on(const Program& program) {
  const auto owned = journal::Ownership::is_taken(program.journal);
  if (owned && *owned) return "the run that is on goes on with it";
  return "to go on with it: " + command_on(program, "run");
}

}  // namespace dispatch::cli

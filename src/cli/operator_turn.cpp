#include "cli/operator_turn.hpp"

#include "base/fail_point.hpp"
#include "cli/listing.hpp"
#include "cli/program.hpp"
#include "journal/sqlite/ownership.hpp"
#include "journal/sqlite/sqlite_journal.hpp"

namespace dispatch::cli {

Result<> operator_turn(const std::string& path,
                       const std::function<Result<>(journal::Journal&, WallTime now)>& act, bool may_make) {
  const auto journal = journal::SqliteJournal::open(path, {.existing_only = !may_make});
  if (!journal) return tl::unexpected(journal.error());
  auto turn = journal::Turn::begin(**journal);
  if (!turn) return tl::unexpected(std::move(turn).error());
  DISPATCH_TRY(act(**journal, SystemClock{}.wall()));
  fail_point(FailPoint::operator_staged);
  DISPATCH_TRY(turn->commit());
  fail_point(FailPoint::operator_committed);
  if (const auto error = (*journal)->take_checkpoint_error())
    return fail("what was asked for is done, but {}", error->message);
  return {};
}

Result<std::unique_ptr<journal::Journal>> open_for_operator(const std::string& path) {
  auto journal = journal::SqliteJournal::open(path, {.existing_only = true});
  if (!journal) return tl::unexpected(std::move(journal).error());
  return std::unique_ptr<journal::Journal>{std::move(*journal)};
}

std::string who_goes_on(const Program& program) {
  const auto owned = journal::Ownership::is_taken(program.journal);
  if (owned && *owned) return "the run that is on goes on with it";
  return "to go on with it: " + command_on(program, "run");
}

}  // namespace dispatch::cli

#include "cli/commands/operator_turn.hpp"

#include "cli/output/listing.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"
#include "operations/commit.hpp"

namespace dispatch::cli {

namespace {

/// The options to open the journal; a wait for it is reported.
journal::Opening to_look(const Program& program) {
  journal::Opening opening;
  opening.waiting = [&program](const std::string& what) { say(program, what); };
  return opening;
}

}  // namespace

journal::Opening to_change(const Program& program) {
  auto opening = to_look(program);
  opening.migrated = [&program](const std::string& what) { say(program, what); };
  return opening;
}

Result<> operator_turn(
    const Program& program,
    const std::function<Result<>(journal::Journal&, journal::Transaction&, WallTime now)>& act,
    bool may_make) {
  auto opening = to_change(program);
  opening.existing_only = !may_make;
  DISPATCH_ASSIGN(const auto journal, program.store->open(opening));
  DISPATCH_ASSIGN(auto transaction, journal->begin());
  DISPATCH_TRY(act(*journal, *transaction, SystemClock{}.wall()));
  return operations::commit_whole(*transaction, *journal);
}

Result<std::unique_ptr<journal::Journal>> open_for_operator(const Program& program, bool dry_run) {
  auto opening = dry_run ? to_look(program) : to_change(program);
  opening.existing_only = true;
  return program.store->open(opening);
}

bool is_run_on(const Program& program) {
  const auto owner = program.store->owner();
  return owner && *owner;
}

std::string who_goes_on(const Program& program) {
  if (is_run_on(program)) return "the run that is on goes on with it";
  return "to go on with it: " + command_on(program, "run");
}

}  // namespace dispatch::cli

#include "operations/subscriptions/subscription_apply.hpp"

#include "cli/commands/operator_turn.hpp"
#include "cli/commands/subscription/subscription_commands.hpp"
#include "cli/options/delivery_schemes.hpp"
#include "cli/output/listing.hpp"
#include "cli/output/subscription_changes_text.hpp"
#include "cli/program.hpp"
#include "journal/store.hpp"
#include "operations/views/subscription_changes_json.hpp"

#include <utility>

namespace dispatch::cli {
namespace {

void log_warnings(spdlog::logger& log, const std::vector<operations::SubscriptionChange>& changes) {
  for (const auto& warning : operations::warnings_of(changes)) log.warn("{}", warning);
}

/// What applying would change; a journal that is not there holds nothing.
Result<std::vector<operations::SubscriptionChange>> rehearse(
    const journal::Store& store, const std::vector<operations::Declared>& declared, bool prune) {
  auto stored = std::make_shared<const SubscriptionSet>();
  if (store.may_exist()) {
    const auto journal = store.open({.existing_only = true});
    if (!journal) return tl::unexpected(journal.error());
    DISPATCH_ASSIGN(stored, (*journal)->subscriptions());
  }
  return operations::changes_to(*stored, declared, prune, SystemClock{}.wall());
}

}  // namespace

Result<ExitCode> apply_subscriptions(const Program& program, const SubscriptionsToApply& asked) {
  DISPATCH_ASSIGN(const auto declared, operations::read_subscriptions(asked.file, delivery_schemes));
  const auto tell = [&](const std::vector<operations::SubscriptionChange>& changes) {
    if (asked.json)
      put_data(operations::changes_json(changes));
    else
      put_out(changes_text(changes));
  };
  if (asked.dry_run) {
    DISPATCH_ASSIGN(const auto changes, rehearse(*program.store, declared, asked.prune));
    tell(changes);
    log_warnings(*program.log, changes);
    say(program, "would be: " + changes_summary(changes) + "; nothing was changed");
    return ExitCode::delivered;
  }
  DISPATCH_ASSIGN(const auto journal, program.store->open(to_change(program)));
  const auto changes =
      operations::apply_set(*journal, declared, {asked.prune, asked.discard}, SystemClock{}.wall(), tell);
  if (!changes) return tl::unexpected(changes.error());
  if (const auto error = journal->take_checkpoint_error())
    return fail("the change is made, but {}", error->message);
  if (!operations::any_change(*changes)) tell(*changes);
  log_warnings(*program.log, *changes);
  say(program, "applied " + asked.file + ": " + changes_summary(*changes));
  return ExitCode::delivered;
}

}  // namespace dispatch::cli

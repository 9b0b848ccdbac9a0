#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "cli/program.hpp"
#include "journal/journal_reader.hpp"
#include "journal/selection.hpp"
#include "operations/affected.hpp"
#include "operations/redirect.hpp"

#include <string>
#include <string_view>
#include <vector>

// What the commands share that change deliveries: which are meant, and what came of it.

namespace dispatch::cli {

struct DeliveryFilterOptions {
  journal::DeliveryFilter names;  ///< as they were typed
  std::string accepted_since, dead_since;
  bool all = false;
  bool dry_run = false;
  bool json = false;

  bool conditioned() const { return !names.empty() || !accepted_since.empty() || !dead_since.empty(); }
};

/// --event, --entity, --host, --url; each may be repeated.
void add_name_options(Command command, DeliveryFilterOptions& asked);
/// The same and --subscription.
void add_filter_options(Command command, DeliveryFilterOptions& asked);
/// --type.
void add_type_option(Command command, DeliveryFilterOptions& asked);
/// --file; may be repeated.
void add_file_option(Command command, DeliveryFilterOptions& asked);
/// --file, --type, --accepted-since.
void add_event_options(Command command, DeliveryFilterOptions& asked);
/// --all, --dry-run, --json.
void add_change_options(Command command, DeliveryFilterOptions& asked);
/// --type, --status, --since (dead since).
void add_dead_letter_options(Command command, DeliveryFilterOptions& asked);

/// What was asked for, with times counted back from `now`. Misuse where a text means nothing.
Result<journal::DeliveryFilter> meant(const DeliveryFilterOptions& asked, WallTime now);
/// The same for what changes deliveries: misuse where there is neither a condition nor --all, or both.
/// `what` are the things meant, as in "dead letters".
Result<journal::DeliveryFilter> meant_by_operator(const DeliveryFilterOptions& asked, std::string_view what,
                                                  WallTime now);

/// Misuse that names what the journal does not know: probably mistyped.
Result<> check_known(const journal::JournalReader& reader, const journal::DeliveryFilter& meant);
/// The conditions as `dispatch replay` takes them, each text for one command: replay takes one --type and one
/// --subscription. Times are absolute, as "2h" would mean another one later. One empty text where nothing is
/// conditioned. Of `meant` those of deliveries that wait: no status, no time of death.
std::vector<std::string> replay_conditions(const journal::DeliveryFilter& meant);

/// How it is said what was done.
struct ChangeWords {
  std::string_view done;     ///< "released": also the key of the count
  std::string_view nothing;  ///< "there was no dead letter to be released"
  /// What was meant and left, as in "2 are in flight and end as they end"; told where there is something.
  bool tells_what_is_left = false;
  std::optional<std::int64_t> lanes_left = {};           ///< told to programs
  std::optional<std::int64_t> repeated_lanes_left = {};  ///< the same
  bool exact = true;                                     ///< false: there are about so many
  std::optional<std::int64_t> circuits = {};             ///< half-open now; told to programs
  std::optional<std::int64_t> holds = {};                ///< of URLs, over now; told to programs
};

/// Says what was done, or would be: how many deliveries, and where they were to go.
void tell_affected(const Program& program, const DeliveryFilterOptions& asked,
                   const operations::Affected& affected, const ChangeWords& words);
/// The same of what goes elsewhere, and what that means for what comes later. `nothing` as in ChangeWords.
void tell_redirected(const Program& program, const DeliveryFilterOptions& asked,
                     const operations::Redirected& redirected, std::string_view nothing);

}  // namespace dispatch::cli

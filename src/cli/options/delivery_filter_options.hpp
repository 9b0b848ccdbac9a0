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

// Shared by the commands that change deliveries: options that select deliveries, and reports of the result.

namespace dispatch::cli {

struct DeliveryFilterOptions {
  journal::DeliveryFilter names;  ///< as typed
  std::string accepted_since, dead_since;
  bool all = false;
  bool dry_run = false;
  bool json = false;

  bool conditioned() const { return !names.empty() || !accepted_since.empty() || !dead_since.empty(); }
};

/// --event, --entity, --host, --url; each may be repeated.
void add_name_options(Command command, DeliveryFilterOptions& asked);
/// The name options and --subscription.
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

/// The filter for the options; relative times are counted back from `now`. An invalid text is misuse.
Result<journal::DeliveryFilter> meant(const DeliveryFilterOptions& asked, WallTime now);
/// Like meant(), for commands that change deliveries: misuse without a condition and without --all, or with
/// both. `what` names the deliveries, such as "dead letters".
Result<journal::DeliveryFilter> meant_by_operator(const DeliveryFilterOptions& asked, std::string_view what,
                                                  WallTime now);

/// Misuse if the filter has names that the journal does not know; they are probably mistyped.
Result<> check_known(const journal::JournalReader& reader, const journal::DeliveryFilter& meant);
/// The conditions as options of `dispatch replay`, one text for each command, because replay takes one --type
/// and one --subscription. Times are absolute, because "2h" would mean something else later. One empty text
/// if there are no conditions. Uses only conditions on waiting deliveries: no status, no time of death.
std::vector<std::string> replay_conditions(const journal::DeliveryFilter& meant);

/// The words to report what was done.
struct ChangeWords {
  std::string_view done;     ///< "released": also the key of the count
  std::string_view nothing;  ///< "there was no dead letter to be released"
  /// Also report what was selected and left unchanged, such as "2 are in flight and end as they end".
  bool tells_what_is_left = false;
  std::optional<std::int64_t> lanes_left = {};           ///< reported to programs
  std::optional<std::int64_t> repeated_lanes_left = {};  ///< reported to programs
  bool exact = true;                                     ///< false: the counts are approximate
  std::optional<std::int64_t> circuits = {};             ///< half-open now; reported to programs
  std::optional<std::int64_t> holds = {};                ///< of URLs, ended now; reported to programs
};

/// Reports what was done, or would be in a dry run: how many deliveries, and their destinations.
void tell_affected(const Program& program, const DeliveryFilterOptions& asked,
                   const operations::Affected& affected, const ChangeWords& words);
/// Reports a redirect, and what it means for later events. `nothing` as in ChangeWords.
void tell_redirected(const Program& program, const DeliveryFilterOptions& asked,
                     const operations::Redirected& redirected, std::string_view nothing);

}  // namespace dispatch::cli

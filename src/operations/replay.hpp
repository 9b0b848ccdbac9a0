#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/arrival.hpp"
#include "journal/journal.hpp"
#include "journal/journal_reader.hpp"
#include "operations/affected.hpp"
#include "operations/operation_options.hpp"

#include <cstdint>
#include <optional>

namespace dispatch::operations {

struct Replayed {
  Affected affected;         ///< new deliveries, by their destination
  std::int64_t removed = 0;  ///< skipped deliveries of removed subscriptions
};

/// Counts the deliveries that replay() would make. An unknown name in the filter is misuse.
Result<Replayed> count_replay(const journal::JournalReader& reader, const journal::FinalSelection& which,
                              const std::optional<Route>& to);

/// Makes new deliveries for those that are done, in order per entity: those of a subscription to its current
/// URL, direct ones to their old destination. With `to`, a direct route, selects only direct deliveries, and
/// each event goes there once, unless it has an open delivery to that host already. An unknown name in the
/// filter is misuse.
///
/// A transaction has whole entities: at least one, and further ones up to OperationOptions::at_a_time
/// deliveries. Memory holds OperationOptions::keys_held of the selected deliveries, and at least those of one
/// entity; if there are more, the journal is searched several times.
Result<Replayed> replay(const journal::JournalReader& reader, journal::Journal& journal, const Clock& clock,
                        const journal::FinalSelection& which, const std::optional<Route>& to,
                        const OperationOptions& options = {});

}  // namespace dispatch::operations

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
  Affected affected;         ///< what is made again, by where it goes now
  std::int64_t removed = 0;  ///< deliveries of subscriptions that were removed; they are passed over
};

/// Counts the deliveries that replay() would make. Misuse where the journal does not know a name.
Result<Replayed> count_replay(const journal::JournalReader& reader, const journal::FinalSelection& which,
                              const std::optional<Route>& to);

/// Makes deliveries that are done anew, in order per entity: those of a subscription to its present URL,
/// direct ones to where they went. With `to`, a direct route, only direct ones are meant, and each event goes
/// there once, however often it was delivered, unless it is on its way to that host already. Misuse where the
/// journal does not know a name.
///
/// A transaction has whole entities: at least one of them, and others up to OperationOptions::at_a_time
/// deliveries. Held in memory are OperationOptions::keys_held of the deliveries that are meant, and at least
/// those of one entity; where there are more, they are looked for several times.
Result<Replayed> replay(const journal::JournalReader& reader, journal::Journal& journal, const Clock& clock,
                        const journal::FinalSelection& which, const std::optional<Route>& to,
                        const OperationOptions& options = {});

}  // namespace dispatch::operations

#pragma once

#include "base/error.hpp"
#include "journal/journal.hpp"

#include <cstdint>
#include <string_view>

namespace dispatch::operations {

/// Commits one transaction of an operation. Also returns an error if the journal's log could not be copied
/// back after the commit (Journal::take_checkpoint_error), because the log would grow with every transaction.
/// The message says that the `changed` deliveries, counted over the whole operation, are committed, and how
/// to get the `rest`, once the cause is fixed.
Result<> commit(journal::Transaction& transaction, journal::Journal& journal, std::int64_t changed,
                std::string_view rest = "repeat the command for the rest");

/// Like commit(), for an operation with a single transaction. The message says that the operation is done.
Result<> commit_whole(journal::Transaction& transaction, journal::Journal& journal);

}  // namespace dispatch::operations

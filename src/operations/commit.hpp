#pragma once

#include "base/error.hpp"
#include "journal/journal.hpp"

#include <cstdint>

namespace dispatch::operations {

/// Commits a turn of an operation. It is an error too where the journal's log could not be copied back after
/// the commit (Journal::take_checkpoint_error): the log would grow with every turn. The message says that
/// `changed`, which is all that the operation has done with this turn, stands.
Result<> commit(journal::Transaction& transaction, journal::Journal& journal, std::int64_t changed);

/// Commits the one turn of an operation that has no other. As commit(), but the message says that what was
/// asked for is done.
Result<> commit_whole(journal::Transaction& transaction, journal::Journal& journal);

}  // namespace dispatch::operations

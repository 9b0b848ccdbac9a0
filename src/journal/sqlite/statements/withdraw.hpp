#pragma once

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// Removes from the WAL what a failed commit left there; its caller got an error. After a failed sync the
/// kernel's cache can hold pages that count as written although the disk lacks them. The next process would
/// see a complete transaction, build on it, and lose everything at a power failure. Call it with the writer
/// lock held. If the disk refuses this write too, nothing is changed.
void withdraw_failed_commit(SQLite::Database& database) noexcept;

}  // namespace dispatch::journal

#pragma once

#include <SQLiteCpp/Database.h>

namespace dispatch::journal {

/// After a commit that failed: takes what it left in the WAL out again, as nobody was told that it is there.
/// A failed sync leaves pages in the kernel's cache that count as written although the disk may not have
/// them. The next process would find the transaction whole, build on it, and lose all of that with the power.
/// Only with the writer lock held. Where the disk refuses this too, nothing is changed.
void withdraw_failed_commit(SQLite::Database& database) noexcept;

}  // namespace dispatch::journal

#pragma once

#include "journal/records.hpp"
#include "journal/sqlite/statements/statement.hpp"

namespace dispatch::journal::reading {

/// What to select from `attempt_history a` for attempt_end() to read, starting at any column.
inline constexpr const char* attempt_end_columns =
    "a.outcome, a.status, a.took, a.error, a.address, a.timings, a.excerpt";

/// How the attempt whose columns begin at `first` ended.
AttemptRecord::End attempt_end(const Statement::Rows& rows, int first);

}  // namespace dispatch::journal::reading

#pragma once

#include "journal/records.hpp"
#include "journal/sqlite/statements/statement.hpp"

namespace dispatch::journal::reading {

/// The columns of `attempt_history a` that attempt_end() reads.
inline constexpr const char* attempt_end_columns =
    "a.outcome, a.status, a.took, a.error, a.address, a.timings, a.excerpt";

/// Reads the end of an attempt from the columns of attempt_end_columns, which begin at column `first`.
AttemptRecord::End attempt_end(const Statement::Rows& rows, int first);

}  // namespace dispatch::journal::reading

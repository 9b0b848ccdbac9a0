#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "journal/journal_reader.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace dispatch::operations {

/// Counts the selected rejected lines that are open.
Result<journal::RejectCount> count_rejects(const journal::JournalReader& reader,
                                           const journal::RejectSelection& which);

/// Clears the selected rejected lines in several transactions, also while a run is active; lines rejected
/// meanwhile can be included.
Result<journal::RejectCount> clear_rejects(journal::Journal& journal, const journal::RejectSelection& which,
                                           const Clock& clock);

enum class RejectForm {
  lines,    ///< the bytes as they arrived, each line with a line end
  records,  ///< in the format of a rejects file, which `run` accepts with original files and line numbers
};

/// Passes the selected open lines to `write`, in the order of their first arrival, until `write` returns
/// false. Memory: one line, or a piece of a very long one. Returns the number of lines written.
Result<std::int64_t> export_rejects(const journal::JournalReader& reader,
                                    const journal::RejectSelection& which, RejectForm form,
                                    const std::function<bool(std::string_view)>& write);

}  // namespace dispatch::operations

#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "journal/journal.hpp"
#include "journal/journal_reader.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace dispatch::operations {

/// The open rejected lines that are meant.
Result<journal::RejectCount> count_rejects(const journal::JournalReader& reader,
                                           const journal::RejectSelection& which);

/// Clears them, some in each transaction, also while a run is on; what is rejected meanwhile may be among
/// them.
Result<journal::RejectCount> clear_rejects(journal::Journal& journal, const journal::RejectSelection& which,
                                           const Clock& clock);

enum class RejectForm {
  lines,    ///< as they came, to the byte, each with an end of line
  records,  ///< as a rejects file has them, which `run` takes back with their files and line numbers
};

/// Gives the open ones that are meant to `write`, in the order in which they came first, until it returns
/// false. Memory: one line, or a piece of a very long one. Returns how many lines were written.
Result<std::int64_t> export_rejects(const journal::JournalReader& reader,
                                    const journal::RejectSelection& which, RejectForm form,
                                    const std::function<bool(std::string_view)>& write);

}  // namespace dispatch::operations

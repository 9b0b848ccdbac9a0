#pragma once

#include "base/clock.hpp"
#include "journal/records.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

/// Tells all that was tried for an event, delivery by delivery: where each goes and how it stands, and, in
/// one line for each attempt that the journal keeps, when it began, where its time went, how it ended, what
/// came after it, and the span of its request; then what operators did. `attempts` are those of the event, as
/// JournalReader::attempts gives them; `write` is given whole lines.
void tell_attempts(const journal::EventRecord& event, const std::vector<journal::AttemptRecord>& attempts,
                   WallTime now, const std::function<void(std::string_view)>& write);

}  // namespace dispatch::cli

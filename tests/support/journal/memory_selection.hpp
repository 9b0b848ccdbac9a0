#pragma once

#include "journal/selection.hpp"
#include "support/journal/memory_store.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace dispatch::test {

/// Journal::select.
journal::SelectedPage select_in(const MemoryState& state, const journal::Selection& selection,
                                const journal::SelectionPlace& from, std::size_t limit);

/// Journal::unknown_names.
std::vector<std::string> unknown_names_in(const MemoryState& state, const journal::DeliveryFilter& filter);

/// True where the filter means the delivery.
bool means(const MemoryState& state, const journal::DeliveryFilter& filter, const journal::DeliveryRow& row);

}  // namespace dispatch::test

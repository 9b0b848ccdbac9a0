#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::journal {

/// The part of the table progress (one row) that identifies the journal and its last turn.
struct ProgressRow {
  std::int64_t turn = 0;
  std::string seed;  ///< 16 random bytes that identify the journal; empty before version 4
};

/// Reads the row from the table's page, a table leaf with one cell
/// (https://www.sqlite.org/fileformat2.html#b_tree_pages). Nothing if the page is anything else.
std::optional<ProgressRow> progress_in(std::string_view page);

}  // namespace dispatch::journal

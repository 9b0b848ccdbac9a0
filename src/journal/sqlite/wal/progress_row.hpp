#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace dispatch::journal {

/// The one row of the table progress, as far as it tells where a journal stands and which journal it is.
struct ProgressRow {
  std::int64_t turn = 0;
  std::string seed;  ///< 16 random bytes that tell journals apart; empty before version 4
};

/// Reads it from the table's page, a table leaf of one cell
/// (https://www.sqlite.org/fileformat2.html#b_tree_pages). Nothing where the page is something else.
std::optional<ProgressRow> progress_in(std::string_view page);

}  // namespace dispatch::journal

#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

/// One key of a TOML document.
struct TomlEntry {
  std::vector<std::string> path;  ///< the tables that it stands in, then its name
  std::vector<std::string>
      values;            ///< one, or those of an array; strings without quotes, all else as written
  std::size_t line = 0;  ///< where the key stands, from 1
};

/// Reads the part of TOML 1.0 that options need: tables, bare and dotted keys, strings of one line, numbers,
/// booleans, and arrays of those. Anything else is misuse, with the number of the line and what to write
/// instead: above all a value without quotes, which TOML does not have. Pure.
Result<std::vector<TomlEntry>> read_toml(std::string_view text);

}  // namespace dispatch::cli

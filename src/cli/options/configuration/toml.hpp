#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::cli {

/// One key of a TOML document.
struct TomlEntry {
  std::vector<std::string> path;    ///< its tables, then its name
  std::vector<std::string> values;  ///< one, or those of an array; strings without quotes, others as written
  std::size_t line = 0;             ///< line of the key, from 1
};

/// Parses the part of TOML 1.0 that options need: tables, bare and dotted keys, strings of one line, numbers,
/// booleans, and arrays of these. Anything else is misuse; the message has the line number and says what to
/// write instead. The most common case is a value without quotes, which TOML does not allow. Pure function.
Result<std::vector<TomlEntry>> read_toml(std::string_view text);

}  // namespace dispatch::cli

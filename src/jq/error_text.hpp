#pragma once

#include <string>
#include <string_view>

namespace dispatch::jq {

/// Removes the document's content from an error message of jq 1.6: keeps jq's own words and type names, and
/// removes values, keys and quoted text. `program` is the program's text. An error that the program raises
/// itself (error/1) is kept if it is a string that the program contains literally; any other text may contain
/// the document and is replaced by a sentence that says so. Pure function.
std::string without_values(std::string_view message, std::string_view program);

}  // namespace dispatch::jq

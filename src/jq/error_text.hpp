#pragma once

#include <string>
#include <string_view>

namespace dispatch::jq {

/// What jq 1.6 said of a document that a program failed on, without the document: jq's own words and the
/// names of types stay, values, keys and what stands in quotation marks go. `program` is the program's text.
/// What it raised itself (error/1) is kept where that is a string that stands in the program as it is; any
/// other text may hold the document, and a sentence that says so takes its place. Pure.
std::string without_values(std::string_view message, std::string_view program);

}  // namespace dispatch::jq

#pragma once

#include <span>
#include <string_view>

namespace dispatch::ingest {

/// Walks over the text of JSON that is known to be valid, without reading what it means. `at` points into it.
const char* skip_space(const char* at);
/// From the first byte of a value (or string) to one behind its last.
const char* skip_string(const char* at);
const char* skip_value(const char* at);

/// True where `token` is an integer as JSON spells it: "0", "-17"; no fraction, no exponent, no leading zero.
bool is_integer(std::string_view token);

/// The two ways in which valid JSON can be more than a parser takes that turns it into machine numbers and
/// UTF-8. Each overwrites what such a parser refuses and nothing else: what is left is valid exactly where
/// `json` was, and every byte stands where it stood.
///
/// Every number spelled as JSON wants it becomes a zero and spaces: one of any size is valid.
void blank_numbers(std::span<char> json);
/// Every escape that is half of a surrogate pair, as programs write them that cut texts by UTF-16 units,
/// becomes that of U+FFFD.
void replace_half_pairs(std::span<char> json);

/// True where `string` holds an escape that is half of a surrogate pair, so that it stands for no text.
bool has_half_pair(std::string_view string);

}  // namespace dispatch::ingest

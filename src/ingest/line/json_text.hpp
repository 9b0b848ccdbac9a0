#pragma once

#include <span>
#include <string_view>

namespace dispatch::ingest {

/// These functions walk over valid JSON text without interpreting it. `at` points into it.
const char* skip_space(const char* at);
/// From the first byte of a value (or string) to the byte behind its last one.
const char* skip_string(const char* at);
const char* skip_value(const char* at);

/// True if `token` is an integer in JSON: "0", "-17"; no fraction, no exponent, no leading zero.
bool is_integer(std::string_view token);

/// Some valid JSON is refused by parsers that convert it to machine numbers and UTF-8. These two functions
/// overwrite exactly such parts: the result is valid if and only if `json` was, and all bytes keep their
/// positions.
///
/// Replaces every number by a zero and spaces, because JSON allows numbers of any size.
void blank_numbers(std::span<char> json);
/// Replaces every escape of an unpaired surrogate by U+FFFD. Programs that cut texts by UTF-16 units write
/// such escapes.
void replace_half_pairs(std::span<char> json);

/// True if `string` has an escape of an unpaired surrogate, so that it is not valid text.
bool has_half_pair(std::string_view string);

}  // namespace dispatch::ingest

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

/// Overwrites every number in `json`, valid or not, that is spelled as JSON wants it with a zero and spaces.
/// Numbers of any size are valid JSON, but a parser that turns them into 64 bits refuses some: what is left
/// after this is valid exactly where `json` was, and every byte stands where it stood.
void blank_numbers(std::span<char> json);

}  // namespace dispatch::ingest

#pragma once

#include "ingest/text_store.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch::ingest {

/// Appends `bytes` in base64 (RFC 4648, with padding).
void append_base64(std::string& out, std::string_view bytes);

/// The bytes that `text` stands for, kept in `store`; nothing where it is not base64. Strict: the standard
/// alphabet, with padding, no line breaks.
std::optional<std::string_view> decode_base64(std::string_view text, TextStore& store);

}  // namespace dispatch::ingest

#pragma once

#include "event/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

/// The event fields for a filter or a transform. Borrowed; missing fields are empty.
struct JqInput {
  std::string_view id, type, source, timestamp;
  std::optional<std::string_view> entity;
  std::optional<SequenceNumber> sequence;
  std::string_view payload;
};

/// Builds the document that a program gets: {"id","type","source","timestamp","entity","sequence","data"};
/// missing fields are null. The payload is inserted unchanged, except that escapes of unpaired surrogates,
/// which jq cannot read, become U+FFFD. A payload that is not JSON (from data_base64) makes the document
/// invalid, and its program fails.
std::string jq_document(const JqInput& input);

}  // namespace dispatch

#pragma once

#include "event/ids.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace dispatch {

/// What a filter or a transform is told of an event. Borrowed; what the event has not is empty.
struct JqInput {
  std::string_view id, type, source, timestamp;
  std::optional<std::string_view> entity;
  std::optional<SequenceNumber> sequence;
  std::string_view payload;
};

/// The document its program is run for: {"id","type","source","timestamp","entity","sequence","data"}; what
/// the event has not is null. The payload stands there as it is, but for escapes of one half of a surrogate
/// pair without the other, which jq does not read: each becomes that of U+FFFD. One that is no JSON (from
/// data_base64) makes a document that is none, and its program fails.
std::string jq_document(const JqInput& input);

}  // namespace dispatch

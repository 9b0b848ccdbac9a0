#pragma once

#include "base/error.hpp"
#include "journal/records.hpp"

#include <string>

namespace dispatch::operations {

/// The event as a line of input, without its end, that reads back as the same event: same id, same content,
/// and the payload byte for byte. A payload that is not JSON, or has space around it, is written as
/// data_base64. `event` must have its payload. An event that no line can stand for is an error.
Result<std::string> event_line(const journal::EventRecord& event);

}  // namespace dispatch::operations

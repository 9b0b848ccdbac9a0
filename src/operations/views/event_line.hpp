#pragma once

#include "base/error.hpp"
#include "journal/records.hpp"

#include <string>

namespace dispatch::operations {

/// Writes the event as one line of input, without the line end. Reading the line gives the same event: same
/// id, same content, and the payload byte for byte. A payload that is not JSON, or has space around it, is
/// written as data_base64. `event` must have its payload. Fails if no line can represent the event.
Result<std::string> event_line(const journal::EventRecord& event);

}  // namespace dispatch::operations

#pragma once

#include "base/trace_context.hpp"
#include "journal/rows.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace dispatch::journal {

/// A trace context as events.trace holds it: the trace id (16 bytes), the span id (8) and the flags (1).
using StoredTrace = std::array<char, 25>;
StoredTrace to_stored(const TraceContext& context);

/// Nothing where the bytes are no stored trace: of another length, or with an id of zeros.
std::optional<TraceContext> trace_from_stored(std::string_view bytes);

/// The place of one attempt's request in the trace of its event: a span of its own, the same whenever it is
/// computed. No trace where the event has none.
TraceContext trace_of_attempt(const TraceContext& event, const DeliveryKey& delivery, unsigned attempt);

}  // namespace dispatch::journal

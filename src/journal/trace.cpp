#include "journal/trace.hpp"

#include <array>
#include <cstdint>

namespace dispatch::journal {

tracing::TraceContext trace_of_attempt(const tracing::TraceContext& event, const DeliveryKey& delivery,
                                       unsigned attempt) {
  if (!event) return {};
  const std::array<std::int64_t, 4> numbers{delivery.queue.value(), delivery.position.value(),
                                            delivery.generation, attempt};
  return {.trace = event.trace, .span = tracing::derived_span(event, numbers), .flags = event.flags};
}

}  // namespace dispatch::journal

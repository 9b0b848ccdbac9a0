#include "journal/trace.hpp"

#include <algorithm>
#include <cstdint>

namespace dispatch::journal {

StoredTrace to_stored(const TraceContext& context) {
  StoredTrace stored;
  auto end = std::copy(context.trace.begin(), context.trace.end(), stored.begin());
  end = std::copy(context.span.begin(), context.span.end(), end);
  *end = static_cast<char>(context.flags);
  return stored;
}

std::optional<TraceContext> trace_from_stored(std::string_view bytes) {
  TraceContext context;
  if (bytes.size() != StoredTrace{}.size()) return std::nullopt;
  const auto span = bytes.begin() + context.trace.size();
  std::copy(bytes.begin(), span, context.trace.begin());
  std::copy(span, bytes.end() - 1, context.span.begin());
  context.flags = static_cast<std::uint8_t>(bytes.back());
  if (!context || context.span == SpanId{}) return std::nullopt;
  return context;
}

TraceContext trace_of_attempt(const TraceContext& event, const DeliveryKey& delivery, unsigned attempt) {
  if (!event) return {};
  const std::array<std::int64_t, 4> numbers{delivery.outlet.value(), delivery.position.value(),
                                            delivery.generation, attempt};
  return {.trace = event.trace, .span = derived_span(event, numbers), .flags = event.flags};
}

}  // namespace dispatch::journal

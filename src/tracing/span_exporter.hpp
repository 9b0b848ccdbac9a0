#pragma once

#include <cstddef>
#include <string_view>

namespace dispatch::tracing {

/// Sends requests with spans (telemetry/otlp_json.hpp). Used by one thread.
class SpanExporter {
 public:
  virtual ~SpanExporter() = default;
  /// Sends a request with that number of spans and waits for the result. Returns how many spans were lost.
  virtual std::size_t send(std::string_view request, std::size_t spans) = 0;
};

}  // namespace dispatch::tracing

#pragma once

#include <cstddef>
#include <string_view>

namespace dispatch::tracing {

/// Where requests with spans go (telemetry/otlp_json.hpp). Used by one thread.
class SpanExporter {
 public:
  virtual ~SpanExporter() = default;
  /// Sends a request that holds so many spans, and waits for what comes of it. Returns how many were lost.
  virtual std::size_t send(std::string_view request, std::size_t spans) = 0;
};

}  // namespace dispatch::tracing

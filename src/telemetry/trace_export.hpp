#pragma once

#include "base/error.hpp"
#include "telemetry/delivery_spans.hpp"
#include "telemetry/otlp_exporter.hpp"

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dispatch::telemetry {

/// The environment's settings for exporting traces, as the OpenTelemetry specification names them.
struct TraceExport {
  OtlpOptions to;
  SpanBatches batches;
  std::vector<std::pair<std::string, std::string>> resource;  ///< attributes of the process
  std::vector<std::string> remarks;                           ///< settings that are not supported
};

/// Looks up an environment variable; null if it is not set.
using Environment = std::function<const char*(const char*)>;

/// Nothing if traces are not exported: there is no endpoint, or export is disabled. An invalid variable is
/// misuse; an empty one counts as not set.
Result<std::optional<TraceExport>> trace_export(const Environment& environment);

}  // namespace dispatch::telemetry

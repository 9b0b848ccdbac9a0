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

/// What the environment says about the export of traces, in the words of the OpenTelemetry specification.
struct TraceExport {
  OtlpOptions to;
  SpanBatches batches;
  std::vector<std::pair<std::string, std::string>> resource;  ///< attributes of who makes the spans
  std::vector<std::string> remarks;                           ///< what it asks for and does not get
};

/// A variable of the environment; null where it is not set.
using Environment = std::function<const char*(const char*)>;

/// Nothing where traces are not to be exported: no endpoint is named, or it is said so. A variable that
/// cannot be read is misuse; one that is empty counts as not set.
Result<std::optional<TraceExport>> trace_export(const Environment& environment);

}  // namespace dispatch::telemetry

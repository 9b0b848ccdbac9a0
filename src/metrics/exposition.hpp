#pragma once

#include "metrics/gauges.hpp"
#include "metrics/series.hpp"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dispatch::metrics {

enum class Format {
  text,         ///< Prometheus text format 0.0.4
  openmetrics,  ///< OpenMetrics text format 1.0.0
};

/// The format for a reader with this Accept header (RFC 9110, 12.5.1): OpenMetrics if the header names it and
/// does not prefer the plain text; otherwise the plain text.
Format acceptable(std::string_view accept);

std::string_view content_type(Format format);

/// All families in order, each with HELP, TYPE and its series. `counted` has counters and histogram buckets
/// (metrics/keys.hpp); `read` has gauges, histogram sums, and counters that are kept elsewhere. A family
/// without any value is shown as 0 if it has no label.
std::string exposition(std::span<const Family> families, const std::map<std::string, std::int64_t>& counted,
                       const std::vector<Sample>& read, Format format);

}  // namespace dispatch::metrics

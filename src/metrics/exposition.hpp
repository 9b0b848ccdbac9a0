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

/// What a reader that sends this Accept header is to get (RFC 9110, 12.5.1): OpenMetrics where it is named
/// and not less wanted than the plain text, which it is where nothing is said.
Format acceptable(std::string_view accept);

std::string_view content_type(Format format);

/// All families in their order, each with HELP and TYPE and those of the series that belong to it. `counted`
/// has counters and the buckets of histograms (metrics/keys.hpp), `read` gauges, the sums of histograms, and
/// counters that are kept elsewhere. A family of which nothing is known is shown as 0 where it has no label.
std::string exposition(std::span<const Family> families, const std::map<std::string, std::int64_t>& counted,
                       const std::vector<Sample>& read, Format format);

}  // namespace dispatch::metrics

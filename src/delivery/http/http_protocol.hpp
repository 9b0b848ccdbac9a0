#pragma once

#include "delivery/span_protocol.hpp"

#include <cstdint>
#include <string_view>

namespace dispatch::delivery {

/// Describes requests by OpenTelemetry's semantic conventions for HTTP client spans.
const SpanProtocol& http_protocol();

/// The port in an http or https URL, or the default port of its scheme.
std::int64_t http_port_of(std::string_view url);

}  // namespace dispatch::delivery

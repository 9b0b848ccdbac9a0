#pragma once

#include "delivery/span_protocol.hpp"

#include <cstdint>
#include <string_view>

namespace dispatch::delivery {

/// Requests as OpenTelemetry's semantic conventions for HTTP client spans have them.
const SpanProtocol& http_protocol();

/// The port that an http or https URL names, or that of its scheme.
std::int64_t http_port_of(std::string_view url);

}  // namespace dispatch::delivery

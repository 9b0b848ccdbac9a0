#pragma once

#include "base/error.hpp"
#include "tracing/sampler.hpp"

#include <optional>

namespace dispatch::telemetry {

/// The sampler that OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG select. Nothing if OTEL_SDK_DISABLED is
/// true: then no trace is started or continued.
Result<std::optional<tracing::Sampler>> sampler_of_environment();

}  // namespace dispatch::telemetry

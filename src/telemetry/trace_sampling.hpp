#pragma once

#include "base/error.hpp"
#include "tracing/sampler.hpp"

#include <optional>

namespace dispatch::telemetry {

/// How traces are sampled by the environment: OTEL_TRACES_SAMPLER and OTEL_TRACES_SAMPLER_ARG. Nothing where
/// OTEL_SDK_DISABLED is true: no trace is started or continued then.
Result<std::optional<tracing::Sampler>> sampler_of_environment();

}  // namespace dispatch::telemetry

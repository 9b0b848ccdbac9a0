#include "telemetry/trace_sampling.hpp"

#include <cstdlib>
#include <string_view>

#include <strings.h>

namespace dispatch::telemetry {

namespace {

/// An empty variable counts as one that is not there.
const char* variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<std::optional<tracing::Sampler>> sampler_of_environment() {
  // OpenTelemetry: true in any case of letters, and anything else is false.
  if (strcasecmp(variable("OTEL_SDK_DISABLED"), "true") == 0) return std::nullopt;
  const auto sampler =
      tracing::Sampler::parse(variable("OTEL_TRACES_SAMPLER"), variable("OTEL_TRACES_SAMPLER_ARG"));
  if (!sampler) return tl::unexpected(sampler.error());
  return *sampler;
}

}  // namespace dispatch::telemetry

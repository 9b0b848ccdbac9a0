#include "telemetry/trace_sampling.hpp"

#include <cstdlib>
#include <string_view>

#include <strings.h>

namespace dispatch::telemetry {

namespace {

/// An empty environment_text counts as one that is not there.
const char* environment_text(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<std::optional<tracing::Sampler>> sampler_of_environment() {
  // OpenTelemetry: true in any case of letters, and anything else is false.
  if (strcasecmp(environment_text("OTEL_SDK_DISABLED"), "true") == 0) return std::nullopt;
  DISPATCH_ASSIGN(const auto sampler, tracing::Sampler::parse(environment_text("OTEL_TRACES_SAMPLER"),
                                                              environment_text("OTEL_TRACES_SAMPLER_ARG")));
  return sampler;
}

}  // namespace dispatch::telemetry

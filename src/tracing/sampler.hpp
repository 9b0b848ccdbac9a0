#pragma once

#include "base/error.hpp"
#include "tracing/trace_context.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dispatch::tracing {

/// Decides which traces are recorded, like the samplers of OpenTelemetry. A value; thread-safe.
class Sampler {
 public:
  /// parentbased_always_on, the default of OpenTelemetry.
  Sampler() = default;

  /// Parses OTEL_TRACES_SAMPLER (always_on, always_off, traceidratio, and these three after "parentbased_")
  /// and OTEL_TRACES_SAMPLER_ARG, the ratio: from 0 to 1, default 1. An empty value counts as not set. An
  /// unknown name or an invalid ratio is misuse; the error names the variable.
  static Result<Sampler> parse(std::string_view name, std::string_view argument);

  /// True if the trace must be recorded. `parent` is the incoming context; nothing: the trace begins here. By
  /// ratio, every trace that a sampler with a smaller share records is also recorded by one with a larger
  /// share.
  bool samples(const TraceId& trace, const std::optional<TraceContext>& parent) const;

 private:
  bool parent_decides_ = true;
  std::uint64_t below_ = whole_;  ///< traces whose lower 63 bits of the id are below this are recorded

  static constexpr std::uint64_t whole_ = std::uint64_t{1} << 63;
};

}  // namespace dispatch::tracing

#pragma once

#include "base/error.hpp"
#include "tracing/trace_context.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace dispatch::tracing {

/// Decides which traces are recorded, as the samplers of OpenTelemetry do. A value; thread-safe.
class Sampler {
 public:
  /// parentbased_always_on, the default of OpenTelemetry.
  Sampler() = default;

  /// By the values of OTEL_TRACES_SAMPLER (always_on, always_off, traceidratio, and these three behind
  /// "parentbased_") and OTEL_TRACES_SAMPLER_ARG, the share of a ratio: from 0 to 1, by default 1. An empty
  /// value counts as none. Another name, or an argument that is no such share where one is asked for, is
  /// misuse; the error names the variable.
  static Result<Sampler> parse(std::string_view name, std::string_view argument);

  /// Whether what happens in the trace is to be recorded. `parent` is where the trace comes from; without
  /// one it begins here. By ratio, each sampler of a smaller share takes some of what one of a larger takes.
  bool samples(const TraceId& trace, const std::optional<TraceContext>& parent) const;

 private:
  bool parent_decides_ = true;
  std::uint64_t below_ = whole_;  ///< of the lower 63 bits of a trace id, those that are sampled

  static constexpr std::uint64_t whole_ = std::uint64_t{1} << 63;
};

}  // namespace dispatch::tracing

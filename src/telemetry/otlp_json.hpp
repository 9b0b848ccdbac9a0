#pragma once

#include "tracing/span.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace dispatch::telemetry {

/// Writes spans as an ExportTraceServiceRequest of OTLP 1 in JSON: ids in hex, 64-bit integers as strings,
/// enums as numbers (the OTLP specification, "JSON Protobuf Encoding"). Parts that are equal in every request
/// are written once, and the memory of the text is reused. Used by one thread.
class OtlpJson {
 public:
  /// `resource`: attributes of the process; `version`: version of the scope "dispatch".
  OtlpJson(std::span<const std::pair<std::string, std::string>> resource, std::string_view version);

  /// Starts a request without spans.
  void begin();
  void add(const tracing::Span& span);
  /// The complete request; valid until the next begin().
  std::string_view end();

  std::size_t spans() const { return spans_; }

 private:
  void add_attributes(std::span<const tracing::SpanAttribute> attributes);

  std::string head_;
  std::string text_;
  std::size_t spans_ = 0;
};

}  // namespace dispatch::telemetry

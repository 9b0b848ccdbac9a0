#pragma once

#include "event/outcome.hpp"
#include "tracing/span.hpp"

#include <string_view>

namespace dispatch::delivery {

/// The facts for the span of an attempt. Texts are borrowed.
struct AttemptFacts {
  std::string_view url{};        ///< the complete URL
  std::string_view shown_url{};  ///< the part of the URL that a span may show
  std::string_view host{};
  unsigned attempt = 1;  ///< number of the attempt over the delivery's whole life
  OutcomeKind outcome = OutcomeKind::unknown;
  std::string_view outcome_name{};      ///< result of outcome_name()
  int status = 0, code = 0;             ///< as in Outcome
  std::string_view protocol_version{};  ///< as in Outcome
  bool failed = false;
};

/// Describes attempts of a protocol in spans, by OpenTelemetry's semantic conventions. Called only when a
/// span is written, on the thread that writes it. Thread-safe.
class SpanProtocol {
 public:
  virtual ~SpanProtocol() = default;
  /// The span's name, such as "POST".
  virtual std::string_view name() const = 0;
  virtual tracing::SpanKind kind() const = 0;
  /// Adds the attributes of an attempt, including the kind of failure. May borrow from `attempt`.
  virtual void describe(const AttemptFacts& attempt, tracing::SpanAttributes& attributes) const = 0;
};

/// For a transport without conventions of its own: "deliver", and the destination.
const SpanProtocol& plain_protocol();

}  // namespace dispatch::delivery

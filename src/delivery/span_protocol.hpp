#pragma once

#include "event/outcome.hpp"
#include "tracing/span.hpp"

#include <string_view>

namespace dispatch::delivery {

/// What the span of an attempt is made of. Texts are borrowed.
struct AttemptFacts {
  std::string_view url{};        ///< all of it
  std::string_view shown_url{};  ///< as much of it as a span may show
  std::string_view host{};
  unsigned attempt = 1;  ///< counted over the delivery's whole life
  OutcomeKind outcome = OutcomeKind::unknown;
  std::string_view outcome_name{};  ///< as outcome_name() has it
  int status = 0, code = 0;         ///< as those of Outcome
  bool failed = false;
};

/// How the spans of attempts tell of their protocol, by the conventions of OpenTelemetry. Asked only where a
/// span is written, and on the thread that writes it. Thread-safe.
class SpanProtocol {
 public:
  virtual ~SpanProtocol() = default;
  /// The span's name, as "POST".
  virtual std::string_view name() const = 0;
  virtual tracing::SpanKind kind() const = 0;
  /// Adds what there is to say of an attempt, also what kind of failure it was. May borrow from `attempt`.
  virtual void describe(const AttemptFacts& attempt, tracing::SpanAttributes& attributes) const = 0;
};

/// Of a transport that says nothing of its protocol: "deliver", and where to.
const SpanProtocol& plain_protocol();

}  // namespace dispatch::delivery

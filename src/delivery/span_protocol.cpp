#include "delivery/span_protocol.hpp"

namespace dispatch::delivery {
namespace {

class PlainProtocol final : public SpanProtocol {
 public:
  std::string_view name() const override { return "deliver"; }
  tracing::SpanKind kind() const override { return tracing::SpanKind::client; }
  void describe(const AttemptFacts& attempt, tracing::SpanAttributes& attributes) const override {
    attributes.add("server.address", attempt.host);
    attributes.add("url.full", attempt.shown_url);
    if (attempt.failed) attributes.add("error.type", attempt.outcome_name);
  }
};

}  // namespace

const SpanProtocol& plain_protocol() {
  static const PlainProtocol plain;
  return plain;
}

}  // namespace dispatch::delivery

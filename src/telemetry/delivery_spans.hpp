#pragma once

#include "flow/observe/attempt_trace.hpp"
#include "flow/observe/observer.hpp"
#include "metrics/pipeline.hpp"
#include "telemetry/otlp_json.hpp"
#include "tracing/span.hpp"
#include "tracing/span_exporter.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

namespace dispatch::telemetry {

/// Parameters of batching, as in the batch span processor of the OpenTelemetry specification. A record is an
/// accepted event or an ended attempt, with all its spans.
struct SpanBatches {
  std::size_t queue = 2048;               ///< maximum number of waiting records
  std::size_t batch = 512;                ///< records taken at a time; about as many spans are sent at a time
  std::chrono::milliseconds delay{5000};  ///< longest time the first queued record waits for a full batch
};

/// How much of a destination's URL a span shows. A path can be a secret, such as that of a chat's webhook.
enum class SpanUrl {
  origin,  ///< scheme, host and port
  whole,   ///< also path and query
};

/// Creates the spans of a run, for events whose traces are recorded: `ingest`, `wait REASON`, `commit`, and
/// the attempt with a name from its protocol, such as `POST`. A thread of its own writes and sends them.
class DeliverySpans final : public flow::Observer {
 public:
  /// Borrows the exporter, which must end its work when `stop` is requested.
  DeliverySpans(tracing::SpanExporter& exporter, OtlpJson json, const SpanBatches& batches,
                std::stop_token stop, SpanUrl url = SpanUrl::origin);

  bool wants_attempt_traces() const override { return true; }
  bool wants_accepted_events() const override { return true; }
  void committed(const flow::CommittedTurn& turn) override;

  /// See metrics::Pipeline; counts records.
  bool drain(std::chrono::milliseconds patience) { return records_.drain(patience); }
  void end() { records_.end(); }
  std::uint64_t dropped() const { return records_.dropped(); }

 private:
  struct Record {  // exactly one of the two is set
    std::shared_ptr<const flow::AcceptedEvent> accepted_event;
    std::shared_ptr<const flow::AttemptTrace> attempt_trace;
  };
  std::size_t export_all(std::span<const Record> records);
  void write(const flow::AcceptedEvent& accepted_event);
  void write(const flow::AttemptTrace& attempt_trace);
  void write_inner(const tracing::TraceContext& parent, std::int64_t number, std::string_view name,
                   WallTime from, WallTime until);

  tracing::SpanExporter& exporter_;
  OtlpJson json_;
  const SpanUrl url_;
  const std::size_t spans_most_;
  std::vector<Record> batch_;           // of the current turn
  tracing::SpanAttributes attributes_;  // of the span being written; used by the writing thread
  metrics::Pipeline<Record> records_;
};

}  // namespace dispatch::telemetry

#include "telemetry/delivery_spans.hpp"

#include "base/text/url_text.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace dispatch::telemetry {
namespace {

using tracing::SpanKind;

/// What tells spans below one apart (tracing/trace_context.hpp, derived_span); a wait adds its place to its
/// own.
enum Number : std::int64_t { commit_number = 1, retry_number = 2, wait_number = 16 };

constexpr std::array<std::string_view, flow::wait_reason_names.size()> wait_names{
    "wait order", "wait permit", "wait rate", "wait circuit", "wait retry", "wait throttle"};
static_assert(!wait_names.back().empty());

/// Less than that between the commit and the request is no waiting, but how long threads take.
constexpr auto handover = std::chrono::milliseconds{2};

std::string_view name_of(flow::WaitReason reason) {
  return wait_names[static_cast<std::size_t>(reason)];
}

}  // namespace

DeliverySpans::DeliverySpans(tracing::SpanExporter& exporter, OtlpJson json, const SpanBatches& batches,
                             std::stop_token stop, SpanUrl url)
    : exporter_(exporter),
      json_(std::move(json)),
      url_(url),
      spans_most_(std::max<std::size_t>(batches.batch, 1)),
      records_(
          batches.queue, 1, std::move(stop),
          [this](std::span<const Record> records) { return export_all(records); },
          metrics::Gathering{batches.batch, batches.delay}) {}

void DeliverySpans::committed(const flow::CommittedTurn& turn) {
  batch_.clear();
  for (const auto& accepted_event : turn.accepted_events)
    if (accepted_event->trace.sampled()) batch_.push_back({accepted_event, nullptr});
  for (const auto& attempt_trace : turn.attempt_traces)
    if (attempt_trace->trace.sampled()) batch_.push_back({nullptr, attempt_trace});
  records_.put(batch_);
}

std::size_t DeliverySpans::export_all(std::span<const Record> records) {
  std::size_t lost = 0;
  std::size_t in_request = 0;
  const auto send = [&] {
    const std::size_t spans = json_.spans();
    if (spans > 0) lost += std::min(in_request, exporter_.send(json_.end(), spans));
    in_request = 0;
    json_.begin();
  };
  json_.begin();
  for (const Record& record : records) {
    if (record.accepted_event != nullptr)
      write(*record.accepted_event);
    else
      write(*record.attempt_trace);
    ++in_request;
    if (json_.spans() >= spans_most_) send();
  }
  send();
  return lost;
}

void DeliverySpans::write_inner(const tracing::TraceContext& parent, std::int64_t number,
                                std::string_view name, WallTime from, WallTime until) {
  const std::array<std::int64_t, 1> numbers{number};
  json_.add({.context = {parent.trace, tracing::derived_span(parent, numbers), parent.flags},
             .parent = parent.span,
             .name = name,
             .from = from,
             .until = until});
}

void DeliverySpans::write(const flow::AcceptedEvent& accepted_event) {
  attributes_.clear();
  attributes_.add("dispatch.event_id", accepted_event.texts[flow::AcceptedEvent::event_id]);
  attributes_.add("dispatch.entity_id", accepted_event.texts[flow::AcceptedEvent::entity_id]);
  attributes_.add("dispatch.correlation_id", accepted_event.texts[flow::AcceptedEvent::correlation_id]);
  json_.add({.context = accepted_event.trace,
             .parent = accepted_event.parent,
             .remote_parent = accepted_event.parent != tracing::SpanId{},
             .name = "ingest",
             .kind = SpanKind::consumer,
             .from = accepted_event.from,
             .until = accepted_event.committed,
             .attributes = attributes_.all()});
  write_inner(accepted_event.trace, commit_number, "commit", accepted_event.staged, accepted_event.committed);
}

void DeliverySpans::write(const flow::AttemptTrace& attempt_trace) {
  // What comes before and after the request stands beside it, below the event; each with an id of the
  // request's.
  const auto beside = [&](std::int64_t number, std::string_view name, WallTime from, WallTime until) {
    const std::array<std::int64_t, 1> numbers{number};
    json_.add({.context = {attempt_trace.trace.trace, tracing::derived_span(attempt_trace.trace, numbers),
                           attempt_trace.trace.flags},
               .parent = attempt_trace.ingest,
               .name = name,
               .from = from,
               .until = until});
  };
  for (std::size_t i = 0; i < attempt_trace.waited; ++i) {
    const flow::Wait& wait = attempt_trace.waits[i];
    beside(wait_number + static_cast<std::int64_t>(i), name_of(wait.why), wait.from, wait.until);
  }
  if (!attempt_trace.with_acceptance)
    beside(commit_number, "commit", attempt_trace.staged, attempt_trace.sent);
  if (attempt_trace.by == Transition::retry && attempt_trace.due > attempt_trace.ended)
    beside(retry_number, name_of(flow::WaitReason::retry), attempt_trace.ended, attempt_trace.due);
  const bool no_request =
      attempt_trace.outcome == OutcomeKind::withdrawn || attempt_trace.outcome == OutcomeKind::not_meant;
  if (no_request) return;

  const WallTime began = std::max(attempt_trace.ended - attempt_trace.took, attempt_trace.sent);
  if (began - attempt_trace.sent > handover)
    beside(wait_number + static_cast<std::int64_t>(attempt_trace.waited), name_of(flow::WaitReason::permit),
           attempt_trace.sent, began);
  const std::string_view url = attempt_trace.texts[flow::AttemptTrace::url];
  const std::string shown_url = url_ == SpanUrl::origin ? origin_of(url) : without_credentials(url);
  const bool failed = attempt_trace.by != Transition::succeed;
  attributes_.clear();
  attempt_trace.protocol->describe({.url = url,
                                    .shown_url = shown_url,
                                    .host = attempt_trace.texts[flow::AttemptTrace::host],
                                    .attempt = attempt_trace.attempt,
                                    .outcome = attempt_trace.outcome,
                                    .outcome_name = attempt_trace.outcome_name,
                                    .status = attempt_trace.status,
                                    .code = attempt_trace.code,
                                    .protocol_version = attempt_trace.protocol_version,
                                    .failed = failed},
                                   attributes_);
  attributes_.add("dispatch.event_id", attempt_trace.texts[flow::AttemptTrace::event_id]);
  attributes_.add("dispatch.entity_id", attempt_trace.texts[flow::AttemptTrace::entity_id]);
  attributes_.add("dispatch.correlation_id", attempt_trace.texts[flow::AttemptTrace::correlation_id]);
  attributes_.add("dispatch.subscription", attempt_trace.texts[flow::AttemptTrace::subscription]);
  attributes_.add("dispatch.attempt", std::int64_t{attempt_trace.attempt});
  if (attempt_trace.generation > 0) attributes_.add("dispatch.generation", attempt_trace.generation);
  if (attempt_trace.by == Transition::bury) attributes_.add("dispatch.dead_letter", std::string_view{"true"});
  json_.add({.context = attempt_trace.trace,
             .parent = attempt_trace.ingest,
             .name = attempt_trace.protocol->name(),
             .kind = attempt_trace.protocol->kind(),
             .from = began,
             .until = attempt_trace.ended,
             .attributes = attributes_.all(),
             .link = attempt_trace.ingest,
             .failed = failed,
             .why = attempt_trace.error});
}

}  // namespace dispatch::telemetry

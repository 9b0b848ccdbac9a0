#include "flow/attempt_tracer.hpp"

#include "event/outcome_name.hpp"

#include <string_view>

namespace dispatch::flow {
namespace {

/// Since when the delivery waited for its turn.
WallTime ready(const Item& item, const Outgoing& request) {
  if (request.attempt == 1 && request.generation == 0) return request.accepted;
  const bool was_due = item.row.state_at != WallTime{};  // it was in retry_wait
  return was_due ? item.row.state_at : item.timestamps.loaded;
}

}  // namespace

void AttemptTracer::begin_turn(bool wanted) {
  wanted_ = wanted;
  traces_ = {};
}

std::shared_ptr<AttemptTrace> AttemptTracer::begin(const Item& item, const Outgoing& request, WallTime now) {
  if (!wanted_) return nullptr;
  auto attempt_trace = traces_.begun.emplace_back(std::make_shared<AttemptTrace>());
  const QueueState& queue = *item.lane->queue;
  const bool recorded = request.trace.sampled();
  attempt_trace->trace = request.trace;
  if (recorded) attempt_trace->protocol = &transport_.protocol(request.url);
  attempt_trace->ingest = request.ingest;
  attempt_trace->with_acceptance = request.accepted == now;
  attempt_trace->texts.assign({request.event_id, request.entity_id.value_or(""), request.correlation_id,
                               queue.policy->subscription, queue.row.host,
                               recorded ? std::string_view{request.url} : std::string_view{}});
  attempt_trace->sequence = request.sequence;
  attempt_trace->attempt = request.attempt;
  attempt_trace->generation = request.generation;
  const Timestamps& timestamps = item.timestamps;
  attempt_trace->add_wait(timestamps.before_head, ready(item, request), timestamps.head);
  const bool limiter = timestamps.let_through != WallTime{};
  if (limiter) attempt_trace->add_wait(timestamps.at_limiter, timestamps.head, timestamps.let_through);
  attempt_trace->add_wait(WaitReason::permit, limiter ? timestamps.let_through : timestamps.head, now);
  return attempt_trace;
}

void AttemptTracer::Traces::committed(WallTime now, std::chrono::nanoseconds commit) const {
  for (const auto& attempt_trace : begun) {
    attempt_trace->sent = now;
    attempt_trace->staged = now - std::chrono::duration_cast<std::chrono::microseconds>(commit);
  }
}

void AttemptTracer::end(const std::shared_ptr<AttemptTrace>& attempt_trace,
                        const journal::Settlement& settlement) {
  const Outcome& outcome = *settlement.outcome;
  attempt_trace->ended = settlement.at;
  attempt_trace->by = settlement.by;
  attempt_trace->due = settlement.due;
  attempt_trace->outcome = outcome.kind;
  attempt_trace->outcome_name = outcome_name(outcome.kind, outcome.error);
  attempt_trace->status = outcome.status;
  attempt_trace->code = outcome.code;
  attempt_trace->protocol_version = outcome.protocol_version;
  attempt_trace->took = outcome.took;
  // Of what was not sent it may tell what a subscription's program said about the payload.
  if (outcome.kind != OutcomeKind::refused && outcome.kind != OutcomeKind::not_meant)
    attempt_trace->error = outcome.error;
  traces_.ended.push_back(attempt_trace);
}

}  // namespace dispatch::flow

#include "flow/stories.hpp"

#include "event/outcome_name.hpp"

#include <string_view>

namespace dispatch::flow {
namespace {

/// Since when the delivery waited for its turn.
WallTime ready(const Item& item, const Outgoing& request) {
  if (request.attempt == 1 && request.generation == 0) return request.accepted;
  const bool was_due = item.row.state_at != WallTime{};  // it was in retry_wait
  return was_due ? item.row.state_at : item.stamps.loaded;
}

}  // namespace

void Stories::begin_turn(bool wanted) {
  wanted_ = wanted;
  begun_.clear();
  ended_.clear();
}

std::shared_ptr<Story> Stories::begin(const Item& item, const Outgoing& request, WallTime now) {
  if (!wanted_) return nullptr;
  auto story = begun_.emplace_back(std::make_shared<Story>());
  const OutletState& outlet = *item.lane->outlet;
  const bool recorded = request.trace.sampled();
  story->trace = request.trace;
  story->ingest = request.ingest;
  story->with_acceptance = request.accepted == now;
  story->texts.assign({request.event_id, request.entity_id, request.correlation_id,
                       outlet.terms->subscription, outlet.outlet.host,
                       recorded ? std::string_view{request.url} : std::string_view{}});
  story->sequence = request.sequence;
  story->attempt = request.attempt;
  story->generation = request.generation;
  const Stamps& stamps = item.stamps;
  story->add_wait(stamps.before_head, ready(item, request), stamps.head);
  const bool valve = stamps.let_through != WallTime{};
  if (valve) story->add_wait(stamps.at_valve, stamps.head, stamps.let_through);
  story->add_wait(Hold::permit, valve ? stamps.let_through : stamps.head, now);
  return story;
}

void Stories::committed(const Clock& clock, std::chrono::nanoseconds commit) {
  if (begun_.empty()) return;
  const WallTime now = clock.wall();
  for (const auto& story : begun_) {
    story->sent = now;
    story->staged = now - std::chrono::duration_cast<std::chrono::microseconds>(commit);
  }
}

void Stories::end(const std::shared_ptr<Story>& story, const journal::Settlement& settlement) {
  const Outcome& outcome = *settlement.outcome;
  story->ended = settlement.at;
  story->by = settlement.by;
  story->due = settlement.due;
  story->outcome = outcome.kind;
  story->outcome_name = outcome_name(outcome.kind, outcome.error);
  story->status = outcome.status;
  story->took = outcome.took;
  // Of what was not sent it may tell what a subscription's program said about the payload.
  if (outcome.kind != OutcomeKind::refused && outcome.kind != OutcomeKind::not_meant)
    story->error = outcome.error;
  ended_.push_back(story);
}

}  // namespace dispatch::flow

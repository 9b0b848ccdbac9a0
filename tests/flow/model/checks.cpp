// What must hold after each step, and at the moment of a request.

#include "flow/model/processes.hpp"

#include <fmt/format.h>

namespace dispatch::test {

using enum DeliveryState;

std::map<Position, journal::DeliveryRow> World::committed() const {
  std::map<Position, journal::DeliveryRow> rows;
  const auto outlets = observer_->outlets(OutletNo{}).value();
  for (const auto& outlet : outlets) {
    const auto scanned = observer_->scan(outlet.no, Position{}, 1000).value();
    for (const auto& row : scanned) rows.emplace(row.key.position, row);
  }
  return rows;
}

/// Intent before request, outcome before progress, and order: by what the journal holds at the moment a
/// request is handed to the transport.
void World::check_intents(const std::vector<Outgoing>& batch) {
  std::map<std::string, journal::DeliveryRow> rows;
  // Positions are in the order of acceptance, and the model will accept what this turn took in.
  Reference accepted = reference_;
  for (const auto& id : mail_arrivals_) accepted.accept(line_of(id));
  const auto by_position = committed();
  auto event = accepted.events().begin();
  for (const auto& [position, row] : by_position)
    if (event != accepted.events().end()) rows.emplace((event++)->line.id, row);

  for (const auto& outgoing : batch) {
    const auto row = rows.find(outgoing.event_id);
    if (row == rows.end() || row->second.state != in_flight || row->second.attempts != outgoing.attempt)
      broken_ = fmt::format("{} was sent before its intent was committed", outgoing.event_id);
    for (const auto& lower : accepted.events()) {
      if (lower.line.entity.empty() || lower.line.entity != outgoing.entity_id ||
          lower.line.url != outgoing.url || *lower.number >= outgoing.sequence->value())
        continue;
      const auto before = rows.find(lower.line.id);
      if (before != rows.end() && !is_final(before->second.state))
        broken_ = fmt::format("{} was sent while the journal has {} as {}", outgoing.event_id, lower.line.id,
                              to_string(before->second.state));
    }
    handed_over_.push_back(outgoing);
  }
}

void World::check_limits() {
  std::map<std::string, std::size_t> at_host;
  std::size_t in_all = 0;
  for (const auto& outgoing : process_->transport.scripted.under_way()) {
    if (++at_host[host_of(outgoing.url)] > setting_.rules.per_host)
      broken_ = fmt::format("{} was sent beyond the limit of its host", outgoing.event_id);
    if (++in_all > setting_.rules.workers)
      broken_ = fmt::format("{} was sent beyond the limit of the run", outgoing.event_id);
  }
}

World::Complaint World::check_journal() const {
  const auto rows = committed();
  if (rows.size() != reference_.events().size())
    return fmt::format("the journal has {} events where {} are accepted", rows.size(),
                       reference_.events().size());
  auto event = reference_.events().begin();
  for (const auto& [position, row] : rows) {
    const auto& id = event->line.id;
    if (row.state != event->state)
      return fmt::format("the journal has {} as {} where it is {}", id, to_string(row.state),
                         to_string(event->state));
    if (row.attempts != event->attempts || row.forgiven != event->forgiven)
      return fmt::format("the journal counts {} attempts of {}, {} of them forgiven, where it had {} and {}",
                         row.attempts, id, row.forgiven, event->attempts, event->forgiven);
    if (row.state == retry_wait && row.state_at != event->due)
      return fmt::format("the retry of {} is due {} µs later than it should be", id,
                         (row.state_at - event->due).count());
    if (event->number && row.sequence.value() != *event->number)
      return fmt::format("{} has number {} where it is {}", id, row.sequence.value(), *event->number);
    ++event;
  }
  return std::nullopt;
}

bool World::at_rest() const {
  return process_->dispatcher.wake_at(clock_.wall()) > clock_.wall();
}

/// Nothing that could go is left lying, and the run neither ends too early nor waits for nothing.
World::Complaint World::check_rest() const {
  if (stopping_ || !at_rest()) return std::nullopt;
  for (const auto& event : reference_.events())
    if (reference_.may_go(event, clock_.wall())) {
      const auto [at_host, in_all] = reference_.committed(event);
      const auto& [per_host, workers, ahead, attempts, backoff] = reference_.rules();
      if (at_host < per_host + ahead && in_all < workers + ahead)
        return fmt::format("{} could be sent and is not", event.line.id);
    }
  const bool moves = reference_.count(in_flight) + reference_.count(retry_wait) > 0;
  if (process_->dispatcher.finished() == moves)
    return moves ? "the run takes itself for finished" : "the run does not see that it is finished";
  return std::nullopt;
}

World::Complaint World::check_follower() const {
  if (elsewhere_ == nullptr) return std::nullopt;
  const auto own = elsewhere_->follower.own();
  if (!own) return own.error().message;
  std::int64_t stuck = 0;
  bool all_stuck = true;
  for (const auto& id : followed_) {
    const auto& event = *reference_.find(id);
    stuck += reference_.stuck(event);
    all_stuck = all_stuck && (event.done() || reference_.stuck(event));
  }
  if (!own->moving && !all_stuck) return "who follows stops waiting for what still moves";
  if (!own->moving && own->blocked != stuck)
    return fmt::format("who follows counts {} blocked where it is {}", own->blocked, stuck);
  const bool quiet = reference_.count(in_flight) + reference_.count(retry_wait) == 0;
  if (own->moving && all_stuck && quiet) return "who follows waits for what cannot move";
  return std::nullopt;
}

}  // namespace dispatch::test

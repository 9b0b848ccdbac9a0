// What must hold after each step, and at the moment of a request.

#include "unit/flow/model/processes.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::test {

using enum DeliveryState;

std::map<std::string, journal::DeliveryRow> World::committed(const std::vector<std::string>& accepted) const {
  std::multimap<Position, journal::DeliveryRow> by_position;
  const auto queues = observer_->queues(QueueNo{}).value();
  for (const auto& queue : queues) {
    const auto scanned = observer_->scan(queue.no, Position{}, 1000).value();
    for (const auto& row : scanned) by_position.emplace(row.key.position, row);
  }
  // Positions are counted from 1 in the order of acceptance.
  std::map<std::string, journal::DeliveryRow> rows;
  for (const auto& [position, row] : by_position) {
    const auto place = static_cast<std::size_t>(position.value()) - 1;
    if (place < accepted.size())
      rows.emplace(
          Reference::name_of(accepted[place], row.subscription != SubscriptionNo{}, row.key.generation), row);
  }
  return rows;
}

std::string World::name_of(const Outgoing& outgoing) {
  return Reference::name_of(outgoing.event_id, outgoing.subscription != nullptr, outgoing.generation);
}

/// Intent before request, outcome before progress, and order: by what the journal holds at the moment a
/// request is handed to the transport.
void World::check_intents(const std::vector<Outgoing>& batch) {
  // The model will accept what this turn took in.
  Reference accepted = reference_;
  for (const auto& id : mail_arrivals_) accepted.accept(line_of(id));
  const auto rows = committed(accepted.accepted());

  for (const auto& outgoing : batch) {
    const auto row = rows.find(name_of(outgoing));
    if (row == rows.end() || row->second.state != in_flight || row->second.attempts != outgoing.attempt)
      broken_ = fmt::format("{} was sent before its intent was committed", outgoing.event_id);
    for (const auto& lower : accepted.events()) {
      if (lower.line.entity.empty() || lower.line.entity != outgoing.entity_id ||
          lower.subscribed != (outgoing.subscription != nullptr) ||
          (!lower.subscribed && lower.url != outgoing.url) || lower.generation != outgoing.generation ||
          *lower.number >= outgoing.sequence->value())
        continue;
      const auto before = rows.find(lower.name);
      if (before != rows.end() && !is_final(before->second.state))
        broken_ = fmt::format("{} was sent while the journal has {} as {}", outgoing.event_id, lower.name,
                              to_string(before->second.state));
    }
    handed_over_.push_back(outgoing);
  }
  check_fairness(batch);
}

/// What may go and lies lower goes before others of its queue, but for those that are in memory by then.
void World::check_fairness(const std::vector<Outgoing>& batch) {
  if (!setting_.rules.window) return;
  const std::size_t most = setting_.rules.window->lanes + setting_.rules.per_host + setting_.rules.ahead;
  const auto is_sent = [&](const std::string& name) {
    return std::any_of(batch.begin(), batch.end(), [&](const auto& one) { return name_of(one) == name; });
  };
  const auto position = [&](const Reference::Event& event) {
    const auto& ids = reference_.accepted();
    return std::find(ids.begin(), ids.end(), event.line.id) - ids.begin();
  };
  const auto& events = reference_.events();
  for (auto waits = events.begin(); waits != events.end(); ++waits) {
    if (waits->state != pending || is_sent(waits->name) || !reference_.may_go(*waits, clock_.wall())) {
      overtaken_.erase(waits->name);
      continue;
    }
    for (const auto& other : events)
      if (other.url == waits->url && other.state == pending && position(other) > position(*waits) &&
          is_sent(other.name))
        ++overtaken_[waits->name];
    if (overtaken_[waits->name] > most)
      broken_ = fmt::format("{} was overtaken by {} that came later", waits->name, overtaken_[waits->name]);
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
  const auto rows = committed(reference_.accepted());
  if (rows.size() != reference_.events().size())
    return fmt::format("the journal has {} deliveries where there are {}", rows.size(),
                       reference_.events().size());
  for (const auto& event : reference_.events()) {
    const auto& id = event.name;
    const auto found = rows.find(id);
    if (found == rows.end()) return fmt::format("the journal does not have {}", id);
    const auto& row = found->second;
    if (row.state != event.state)
      return fmt::format("the journal has {} as {} where it is {}", id, to_string(row.state),
                         to_string(event.state));
    if (row.attempts != event.attempts || row.forgiven != event.forgiven)
      return fmt::format("the journal counts {} attempts of {}, {} of them forgiven, where it had {} and {}",
                         row.attempts, id, row.forgiven, event.attempts, event.forgiven);
    if (row.state == retry_wait && row.state_at != event.due)
      return fmt::format("the retry of {} is due {} µs later than it should be", id,
                         (row.state_at - event.due).count());
    if (event.number && row.sequence.value() != *event.number)
      return fmt::format("{} has number {} where it is {}", id, row.sequence.value(), *event.number);
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
    if (reference_.may_go(event, clock_.wall()) && has_room(event))
      return fmt::format("{} could be sent and is not", event.name);
  const auto& events = reference_.events();
  const bool moves = std::any_of(events.begin(), events.end(),
                                 [&](const auto& event) { return reference_.moves(event, clock_.wall()); });
  if (process_->dispatcher.finished() == moves)
    return moves ? "the run takes itself for finished" : "the run does not see that it is finished";
  return std::nullopt;
}

bool World::has_room(const Reference::Event& event) const {
  const auto [at_host, in_all] = reference_.committed(event);
  const auto& rules = reference_.rules();
  if (rules.window) return in_all == 0;
  // What is ahead need not be: it goes only where all destinations of the host are known to be quick.
  return at_host < rules.per_host && in_all < rules.workers;
}

World::Complaint World::check_follower() {
  if (elsewhere_ == nullptr) return std::nullopt;
  const auto own = elsewhere_->follower.own();
  if (!own) return own.error().message;
  std::int64_t stuck = 0;
  bool all_stuck = true;
  for (const auto& event : reference_.events()) {
    if (std::find(followed_.begin(), followed_.end(), event.line.id) == followed_.end()) continue;
    stuck += reference_.stuck(event);
    all_stuck = all_stuck && (event.done() || reference_.stuck(event));
  }
  if (!own->moving && !all_stuck) return "who follows stops waiting for what still moves";
  if (!own->moving && own->blocked != stuck)
    return fmt::format("who follows counts {} blocked where it is {}", own->blocked, stuck);
  const bool quiet = reference_.count(in_flight) + reference_.count(retry_wait) == 0;
  if (own->moving && all_stuck && quiet) return "who follows waits for what cannot move";
  follow_no_more_what_is_done();
  return std::nullopt;
}

/// What is done up to the first that is not: what becomes of it later is another's doing.
void World::follow_no_more_what_is_done() {
  for (const auto& id : reference_.accepted()) {
    const auto followed = std::find(followed_.begin(), followed_.end(), id);
    if (followed == followed_.end()) continue;
    const auto& events = reference_.events();
    if (std::any_of(events.begin(), events.end(),
                    [&](const auto& event) { return event.line.id == id && !event.done(); }))
      return;
    followed_.erase(followed);
  }
}

}  // namespace dispatch::test

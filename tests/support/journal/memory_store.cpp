#include "support/journal/memory_store.hpp"

#include "journal/digest.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <utility>

namespace dispatch::test {

using journal::Appended;
using journal::AppendVerdict;
using journal::DeliveryKey;
using journal::DeliveryRow;
using journal::StreamStart;

const MemoryState::Entity& MemoryState::entity(EntityNo no) const {
  return std::find_if(entities.begin(), entities.end(),
                      [&](const auto& named) { return named.second.no == no; })
      ->second;
}

std::map<SequenceNumber, const DeliveryRow*> MemoryState::lane(const DeliveryRow& row) const {
  std::map<SequenceNumber, const DeliveryRow*> lane;
  for (const auto& [number, position] : entity(row.entity).stream) {
    const auto found =
        deliveries.find({.queue = row.key.queue, .position = position, .generation = row.key.generation});
    const bool subscribed = row.subscription != SubscriptionNo{};
    if (found != deliveries.end() && (subscribed || found->second.destination == row.destination))
      lane.emplace(SequenceNumber{number}, &found->second);
  }
  return lane;
}

const DeliveryRow* MemoryState::open_below(const DeliveryRow& row) const {
  const DeliveryRow* nearest = nullptr;
  for (const auto& [number, other] : lane(row))
    if (number < row.sequence && !is_final(other->state)) nearest = other;
  return nearest;
}

bool MemoryState::is_unsent(EntityNo entity) const {
  return std::all_of(deliveries.begin(), deliveries.end(), [&](const auto& delivery) {
    const DeliveryRow& row = delivery.second;
    return row.entity != entity || (row.state == DeliveryState::pending && row.attempts == 0);
  });
}

bool MemoryState::has_to_wait(const DeliveryRow& row) const {
  if (row.entity == EntityNo{}) return false;
  const Entity& stream = entity(row.entity);
  if (stream.lowered) {
    const auto gap = open_gap_above(stream, stream.first - 1);
    if (gap && *gap < row.sequence.value()) return true;
  }
  return (stream.lowered || is_sparse_lane(row)) && open_below(row) != nullptr;
}

std::optional<std::int64_t> MemoryState::open_gap_above(const Entity& entity, std::int64_t above) const {
  for (const auto& [first, gap] : entity.gaps)
    if (first > above && !gap.given_up) return first;
  return std::nullopt;
}

void MemoryState::wake_past_gap(const Entity& entity, std::int64_t number) {
  const std::int64_t until =
      open_gap_above(entity, number).value_or(std::numeric_limits<std::int64_t>::max());
  std::set<std::pair<DestinationNo, std::int64_t>> awake;  // with the generation
  for (auto above = entity.stream.upper_bound(number); above != entity.stream.end() && above->first < until;
       ++above) {
    for (const auto& [key, row] : deliveries) {
      if (key.position == above->second && !is_final(row.state) &&
          awake.emplace(row.destination, key.generation).second)
        add_action(key);
    }
  }
  if (awake.empty()) add_action(std::nullopt);
}

void MemoryState::ask(DestinationNo destination, WallTime now) {
  if (const auto circuit = circuits.find(destination);
      circuit != circuits.end() && !circuit->second.half_open) {
    circuit->second.half_open = true;
    circuit->second.since = now;
  }
  if (const auto throttle = throttles.find(destination); throttle != throttles.end())
    throttle->second.hold_until = std::min(throttle->second.hold_until, now);
}

void MemoryState::add_action(std::optional<DeliveryKey> key, bool from_here, DestinationNo ask) {
  actions.push_back({.number = static_cast<std::int64_t>(actions.size()) + 1,
                     .key = key,
                     .from_here = from_here,
                     .ask = ask});
}

std::vector<const DeliveryRow*> MemoryState::subscribed(SubscriptionNo subscription,
                                                        Position position) const {
  std::vector<const DeliveryRow*> found;
  for (const auto& [key, row] : deliveries)
    if (key.position == position && row.subscription == subscription) found.push_back(&row);
  return found;
}

const DeliveryRow& MemoryState::add_delivery(const Destination& to, Position position,
                                             std::int64_t generation, SubscriptionNo subscription) {
  const Event& event = *events.at(position);
  DeliveryRow row;
  row.key = {.queue = to.queue, .position = position, .generation = generation};
  row.destination = subscription == SubscriptionNo{}
                        ? to.no
                        : queues.at(static_cast<std::size_t>(to.queue.value() - 1)).destination;
  if (event.entity_id) row.entity = entities.find(*event.entity_id)->second.no;
  row.sequence = event.sequence.value_or(SequenceNumber{});
  row.subscription = subscription;
  return deliveries.emplace(row.key, row).first->second;
}

QueueNo MemoryState::queue_of(const Route& route) {
  const bool direct = route.subscription == SubscriptionNo{};
  for (const auto& queue : queues)
    if ((!direct || queue.host == route.host) && queue.subscription == route.subscription) return queue.no;
  const QueueNo no{static_cast<std::int64_t>(queues.size()) + 1};
  queues.push_back({.no = no,
                    .host = std::string{route.host},
                    .subscription = route.subscription,
                    .destination = {},
                    .low_watermark = {}});
  lead(route.subscription);
  return no;
}

void MemoryState::lead(SubscriptionNo subscription) {
  if (subscription == SubscriptionNo{}) return;
  const auto queue = std::find_if(queues.begin(), queues.end(),
                                  [&](const auto& known) { return known.subscription == subscription; });
  if (queue == queues.end()) return;
  const Subscription& to = *subscriptions.at(subscription);
  queue->host = to.host;
  const DestinationNo destination = named(queue->no, to.url).no;
  queue->destination = destination;
  for (auto& [key, row] : deliveries)
    if (row.subscription == subscription) row.destination = destination;
}

const MemoryState::Destination& MemoryState::destination_of(const Route& route) {
  return named(queue_of(route), route.url);
}

const MemoryState::Destination& MemoryState::named(QueueNo queue, std::string_view url) {
  for (const auto& destination : destinations)
    if (destination.url == url && destination.queue == queue) return destination;
  const DestinationNo no{static_cast<std::int64_t>(destinations.size()) + 1};
  destinations.push_back({.no = no, .queue = queue, .url = std::string{url}});
  return destinations.back();
}

namespace {

std::int64_t first_of_new_stream(const StreamStart& start, const std::optional<SequenceNumber>& seen) {
  if (start.rule == StreamStart::Rule::number) return start.at.value();
  if (start.rule == StreamStart::Rule::first) return seen ? seen->value() : 1;
  return seen && seen->value() == 0 ? 0 : 1;
}

Arrival content_of(const MemoryState::Event& event) {
  Arrival arrival{view_of(event)};
  arrival.own_url = event.own_url;
  return arrival;
}

Appended accept(MemoryState& state, const Arrival& arrival, std::optional<SequenceNumber> number,
                WallTime now, std::vector<DeliveryRow>& made) {
  const Position position{static_cast<std::int64_t>(state.events.size()) + 1};
  MemoryState::Event event;
  copy_to(event, arrival);
  event.sequence = number;
  event.own_url = arrival.own_url;
  event.input = arrival.input;
  event.trace = arrival.trace;
  event.accepted_at = now;
  state.events.emplace(position, std::make_shared<const MemoryState::Event>(std::move(event)));
  state.positions.emplace(arrival.event_id, position);
  if (arrival.routes.empty()) state.unmatched.insert(position);
  for (const Route& route : arrival.routes)
    made.push_back(state.add_delivery(state.destination_of(route), position, 0, route.subscription));
  return {.verdict = AppendVerdict::accepted, .position = position, .sequence = number, .other_event = {}};
}

void fill_gap(MemoryState::Entity& entity, std::int64_t first, std::int64_t number) {
  const MemoryState::Gap gap = entity.gaps.at(first);
  entity.gaps.erase(first);
  if (number > first) entity.gaps[first] = {.last = number - 1, .since = gap.since};
  if (number < gap.last) entity.gaps[number + 1] = {.last = gap.last, .since = gap.since};
}

/// Numbers below one that has come are missing. True where they are waited for.
bool add_gap(MemoryState::Entity& entity, std::int64_t first, std::int64_t last, const StreamStart& start,
             WallTime now) {
  const bool waits = start.gaps == journal::Gaps::wait;
  entity.gaps[first] = {
      .last = last, .since = now, .given_up = waits ? std::nullopt : std::optional{journal::GapEnd::ignored}};
  return waits;
}

/// A direct route of the arrival leads where the event has no delivery.
bool goes_elsewhere(const MemoryState& state, Position position, const Arrival& arrival) {
  for (const Route& route : arrival.routes) {
    if (route.subscription != SubscriptionNo{}) continue;
    return std::none_of(state.deliveries.begin(), state.deliveries.end(), [&](const auto& delivery) {
      const DeliveryRow& row = delivery.second;
      return row.key.position == position && row.subscription == SubscriptionNo{} &&
             state.destinations[static_cast<std::size_t>(row.destination.value() - 1)].url == route.url;
    });
  }
  return false;
}

}  // namespace

Appended append_to(MemoryState& state, const Arrival& arrival, const StreamStart& start, WallTime now,
                   std::vector<DeliveryRow>& made) {
  if (const auto known = state.positions.find(arrival.event_id); known != state.positions.end()) {
    const auto& event = *state.events.at(known->second);
    auto differing = journal::differing_fields(content_of(event), arrival);
    const bool same = differing.empty();
    return {.verdict = same ? AppendVerdict::duplicate : AppendVerdict::id_conflict,
            .position = known->second,
            .sequence = event.sequence,
            .other_event = {},
            .differing = std::move(differing),
            .elsewhere = same && goes_elsewhere(state, known->second, arrival)};
  }
  if (!arrival.entity_id) return accept(state, arrival, std::nullopt, now, made);

  const auto named = state.entities.find(*arrival.entity_id);
  const bool seen = named != state.entities.end();
  const std::int64_t first = seen ? named->second.first : first_of_new_stream(start, arrival.sequence);
  const std::int64_t last = seen ? named->second.stream.rbegin()->first : first - 1;
  constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();
  const std::int64_t number =
      arrival.sequence ? arrival.sequence->value() : (last == highest ? last : last + 1);
  const bool lowers =
      seen && number < first && start.may_be_lowered(first, number) && state.is_unsent(named->second.no);
  if (number < first && !lowers) {
    return {.verdict = AppendVerdict::before_start,
            .position = {},
            .sequence = SequenceNumber{first},
            .other_event = {}};
  }
  if (!seen)
    state.entities.emplace(
        *arrival.entity_id,
        MemoryState::Entity{.no = EntityNo{static_cast<std::int64_t>(state.entities.size()) + 1},
                            .first = first,
                            .stream = {},
                            .gaps = {}});
  auto& entity = state.entities.find(*arrival.entity_id)->second;
  if (lowers) {
    if (number + 1 < first) add_gap(entity, number + 1, first - 1, start, now);
    entity.first = number;
    entity.disordered = entity.lowered = true;
    const Appended appended = accept(state, arrival, SequenceNumber{number}, now, made);
    entity.stream.emplace(number, appended.position);
    return appended;
  }

  if (const auto holder = entity.stream.find(number); holder != entity.stream.end()) {
    return {.verdict = AppendVerdict::sequence_taken,
            .position = holder->second,
            .sequence = SequenceNumber{number},
            .other_event = state.events.at(holder->second)->event_id};
  }
  auto gap = entity.gaps.upper_bound(number);  // the gap that the number lies in is the one before this
  const bool late = number <= last;
  if (late && (--gap)->second.given_up) {
    return {.verdict = AppendVerdict::sequence_skipped,
            .position = {},
            .sequence = SequenceNumber{number},
            .other_event = {},
            .given_up = gap->second.given_up};
  }

  const Appended appended = accept(state, arrival, SequenceNumber{number}, now, made);
  entity.stream.emplace(number, appended.position);
  if (late) {
    const bool closes = gap->first == gap->second.last;
    fill_gap(entity, gap->first, number);
    const auto open = state.open_gap_above(entity, entity.first - 1);
    if (closes && (!open || *open > number)) state.wake_past_gap(entity, number);
  } else if (number > last + 1) {
    if (add_gap(entity, last + 1, number - 1, start, now)) entity.disordered = true;
  }
  return appended;
}

}  // namespace dispatch::test

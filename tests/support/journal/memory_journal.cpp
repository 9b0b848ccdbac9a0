#include "support/journal/memory_journal.hpp"

#include "journal/trace.hpp"
#include "support/journal/memory_selection.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <utility>

namespace dispatch::test {

using namespace journal;

// --- The turn

Result<std::unique_ptr<Transaction>> MemoryJournal::begin() {
  if (in_turn_) return fail("cannot begin a transaction inside another; this is a bug");
  std::unique_lock lock{store_->mutex};
  store_->turn_ended.wait(lock, [&] { return !store_->in_turn; });
  store_->in_turn = in_turn_ = true;
  return std::make_unique<OwnedTransaction<MemoryJournal>>(*this);
}

Result<CommitToken> MemoryJournal::commit_transaction() {
  if (!in_turn_) return fail("cannot commit outside of a transaction; this is a bug");
  {
    const std::scoped_lock lock{store_->mutex};
    if (turn_) {
      store_->committed = std::move(turn_);
      const bool up_to_date = seen_version_ == store_->version;
      ++store_->version;
      if (up_to_date) seen_version_ = store_->version;
    }
  }
  end_transaction();
  return CommitToken::durable();
}

void MemoryJournal::end_transaction() noexcept {
  if (!in_turn_) return;
  if (turn_) partial_reject_.reset();
  turn_.reset();
  in_turn_ = false;
  const std::scoped_lock lock{store_->mutex};
  store_->in_turn = false;
  store_->turn_ended.notify_all();
}

std::shared_ptr<const MemoryState> MemoryJournal::read() {
  if (turn_) return turn_;
  const std::scoped_lock lock{store_->mutex};
  return store_->committed;
}

MemoryState& MemoryJournal::write() {
  if (!turn_) turn_ = std::make_shared<MemoryState>(*read());
  return *turn_;
}

// --- Writes

namespace {

tl::unexpected<Error> outside_of_turn() {
  return fail("cannot write to the journal outside of a transaction; this is a bug");
}

}  // namespace

Result<AppendReport> MemoryJournal::append(std::span<const Arrival> arrivals, const StreamStart& start,
                                           WallTime now) {
  if (!in_turn_) return outside_of_turn();
  AppendReport report;
  for (const Arrival& arrival : arrivals) {
    for (const Route& route : arrival.routes)
      if (route.subscription != SubscriptionNo{}) DISPATCH_TRY(check_route(route));
    report.verdicts.push_back(append_to(write(), arrival, start, now, report.deliveries));
  }
  return report;
}

Result<std::vector<Begun>> MemoryJournal::begin(std::span<const Intent> intents, WallTime now) {
  if (!in_turn_) return outside_of_turn();
  std::vector<Begun> begun(intents.size());
  for (std::size_t i = 0; i < intents.size(); ++i) {
    const auto next = next_state(intents[i].state, Transition::begin);
    if (!next) return fail("cannot begin a delivery that is {}; this is a bug", to_string(intents[i].state));
    const auto found = write().deliveries.find(intents[i].key);
    if (found == write().deliveries.end() || found->second.state != intents[i].state) continue;
    DeliveryRow& row = found->second;
    if (write().has_to_wait(row)) continue;
    row.state = *next;
    row.state_at = now;
    ++row.attempts;

    const MemoryState::Event& event = *write().events.at(row.key.position);
    begun[i].won = true;
    Outgoing& outgoing = begun[i].outgoing;
    copy_to(outgoing, view_of(event));
    outgoing.url = write().destinations[static_cast<std::size_t>(row.destination.value() - 1)].url;
    outgoing.attempt = row.attempts;
    outgoing.generation = row.key.generation;
    outgoing.began = now;
    outgoing.trace = trace_of_attempt(event.trace, row.key, row.attempts);
    outgoing.ingest = event.trace.span;
    outgoing.accepted = event.accepted_at;
    outgoing.subscription = subscription(row.subscription);
  }
  return begun;
}

Result<std::vector<Settled>> MemoryJournal::settle(std::span<const Settlement> settlements) {
  if (!in_turn_) return outside_of_turn();
  std::vector<Settled> settled;
  for (const Settlement& settlement : settlements) {
    const auto found = write().deliveries.find(settlement.key);
    const auto next = next_state(DeliveryState::in_flight, settlement.by);
    if (!next) return fail("an outcome cannot move a delivery along that way; this is a bug");
    if (found == write().deliveries.end() || found->second.state != DeliveryState::in_flight) {
      settled.push_back(Settled::lost);
      continue;
    }
    settled.push_back(Settled::ours);
    DeliveryRow& row = found->second;
    write().ended[row.key] = row.state_at + settlement.outcome->took;
    row.state = *next;
    row.state_at = *next == DeliveryState::retry_wait    ? settlement.due
                   : *next == DeliveryState::dead_letter ? settlement.at
                                                         : WallTime{};
    if (settlement.forgive) ++row.forgiven;
    if (settlement.throttled_since) row.throttled_since = *settlement.throttled_since;
    write().statuses[settlement.key] = settlement.outcome->status;
    if (settlement.outcome->kind == OutcomeKind::unknown) ++write().unknown[settlement.key];
    give_up_if_removed(row);
  }
  return settled;
}

Result<std::size_t> MemoryJournal::recover(Orphans orphans, const Abandoned& left, WallTime now,
                                           std::size_t limit) {
  if (!in_turn_) return outside_of_turn();
  std::size_t recovered = 0;
  for (auto& [key, row] : write().deliveries) {
    if (row.state != DeliveryState::in_flight) continue;
    if (recovered == limit) break;
    write().ended[key] = row.state_at;
    row.state = orphans == Orphans::retry ? DeliveryState::retry_wait : DeliveryState::dead_letter;
    row.state_at = orphans == Orphans::retry ? std::max(now, left.not_before) : now;
    ++row.forgiven;
    ++write().unknown[key];
    give_up_if_removed(row);
    ++recovered;
  }
  return recovered;
}

Result<std::int64_t> MemoryJournal::bound_waits(WallTime now, std::chrono::microseconds longest) {
  if (!in_turn_) return outside_of_turn();
  std::int64_t changed = 0;
  for (auto& [key, row] : write().deliveries) {
    if (row.state != DeliveryState::retry_wait || row.state_at <= now) continue;
    const WallTime ended = write().ended.at(key);
    const bool in_future = ended >= now + std::chrono::seconds{1} && ended <= row.state_at;
    const WallTime due = now + std::min(longest, row.state_at - (in_future ? ended : now));
    if (due == row.state_at) continue;
    row.state_at = due;
    ++changed;
  }
  return changed;
}

Result<std::int64_t> MemoryJournal::move_waits(std::chrono::microseconds by, WallTime now,
                                               std::chrono::microseconds longest) {
  if (!in_turn_) return outside_of_turn();
  std::int64_t changed = 0;
  for (auto& [key, row] : write().deliveries) {
    if (row.state != DeliveryState::retry_wait) continue;
    row.state_at = std::min(row.state_at + by, now + longest);
    if (row.throttled_since != WallTime{}) row.throttled_since += by;
    ++changed;
  }
  return changed;
}

template <class Change>
std::int64_t MemoryJournal::change_dead_letters(std::span<const DeliveryKey> deliveries, WallTime now,
                                                Change change) {
  std::int64_t changed = 0;
  MemoryState& state = write();
  for (const DeliveryKey& key : deliveries) {
    const auto found = state.deliveries.find(key);
    if (found == state.deliveries.end() || found->second.state != DeliveryState::dead_letter) continue;
    change(found->second);
    found->second.state_at = {};
    const bool released = found->second.state == DeliveryState::pending;
    if (released) state.ask(found->second.destination, now);
    state.add_action(key, false, released ? found->second.destination : DestinationNo{});
    ++changed;
  }
  return changed;
}

Result<std::int64_t> MemoryJournal::release(std::span<const DeliveryKey> deliveries, WallTime now) {
  if (!in_turn_) return outside_of_turn();
  return change_dead_letters(deliveries, now, [](DeliveryRow& row) {
    row.state = DeliveryState::pending;
    row.forgiven = row.attempts;
    row.throttled_since = {};
  });
}

Result<std::int64_t> MemoryJournal::discard(std::span<const DeliveryKey> deliveries, WallTime now) {
  if (!in_turn_) return outside_of_turn();
  return change_dead_letters(deliveries, now, [](DeliveryRow& row) { row.state = DeliveryState::failed; });
}

Result<std::int64_t> MemoryJournal::cancel(std::span<const DeliveryKey> deliveries, WallTime) {
  if (!in_turn_) return outside_of_turn();
  std::vector<DeliveryRow> cancelled;
  std::map<std::tuple<EntityNo, DestinationNo, std::int64_t>, SequenceNumber> lowest;
  for (const DeliveryKey& key : deliveries) {
    const auto found = write().deliveries.find(key);
    if (found == write().deliveries.end()) continue;
    DeliveryRow& row = found->second;
    if (row.state != DeliveryState::pending && row.state != DeliveryState::retry_wait) continue;
    cancelled.push_back(row);
    const auto lane = lowest.emplace(std::tuple{row.entity, row.destination, key.generation}, row.sequence);
    lane.first->second = std::min(lane.first->second, row.sequence);
    row.state = DeliveryState::failed;
    row.state_at = {};
  }
  for (const DeliveryRow& row : cancelled) {
    bool wakes = row.state == DeliveryState::retry_wait;
    if (row.entity != EntityNo{} &&
        lowest.at({row.entity, row.destination, row.key.generation}) == row.sequence) {
      const auto before = predecessor_of(row);
      wakes = !before.gap && !before.open;
    }
    write().add_action(wakes ? std::optional{row.key} : std::nullopt);
  }
  return static_cast<std::int64_t>(cancelled.size());
}

Result<std::int64_t> MemoryJournal::retry_now(std::span<const DeliveryKey> deliveries, WallTime now) {
  if (!in_turn_) return outside_of_turn();
  std::int64_t retried = 0;
  for (const DeliveryKey& key : deliveries) {
    const auto found = write().deliveries.find(key);
    if (found == write().deliveries.end()) continue;
    DeliveryRow& row = found->second;
    if (row.state != DeliveryState::pending && row.state != DeliveryState::retry_wait) continue;
    if (row.state == DeliveryState::retry_wait) row.state_at = std::min(row.state_at, now);
    write().ask(row.destination, now);
    write().add_action(key, false, row.destination);
    ++retried;
  }
  return retried;
}

Result<std::int64_t> MemoryJournal::acknowledge(const DeliveryFilter& which, WallTime, std::size_t limit) {
  if (!in_turn_) return outside_of_turn();
  MemoryState& state = write();
  std::int64_t acknowledged = 0;
  for (auto at = state.unknown.begin(); at != state.unknown.end() && limit > 0;) {
    if (!means(state, which, state.deliveries.at(at->first))) {
      ++at;
      continue;
    }
    acknowledged += at->second;
    at = state.unknown.erase(at);
    state.add_action(std::nullopt);
    --limit;
  }
  return acknowledged;
}

Result<std::int64_t> MemoryJournal::unknown_outcomes(const DeliveryFilter& which) {
  const auto state = read();
  std::int64_t unknown = 0;
  for (const auto& [key, attempts] : state->unknown)
    if (means(*state, which, state->deliveries.at(key))) unknown += attempts;
  return unknown;
}

Result<std::optional<std::pair<SequenceNumber, SequenceNumber>>> MemoryJournal::skip_gap(
    std::string_view entity, std::optional<SequenceNumber> only, WallTime) {
  if (!in_turn_) return outside_of_turn();
  const auto named = write().entities.find(entity);
  if (named == write().entities.end()) return std::nullopt;
  for (auto& [first, gap] : named->second.gaps) {
    if (gap.given_up) continue;
    if (only && *only != SequenceNumber{first}) return std::nullopt;
    gap.given_up = GapEnd::skipped;
    write().wake_past_gap(named->second, gap.last);
    return std::pair{SequenceNumber{first}, SequenceNumber{gap.last}};
  }
  return std::nullopt;
}

Result<GapCount> MemoryJournal::give_up_gaps(WallTime until, WallTime, std::size_t limit) {
  if (!in_turn_) return outside_of_turn();
  std::vector<std::tuple<WallTime, MemoryState::Entity*, std::int64_t>> meant;
  for (auto& [id, entity] : write().entities)
    for (const auto& [first, gap] : entity.gaps)
      if (!gap.given_up && gap.since <= until) meant.emplace_back(gap.since, &entity, first);
  std::stable_sort(meant.begin(), meant.end(),
                   [](const auto& a, const auto& b) { return std::get<0>(a) < std::get<0>(b); });
  meant.resize(std::min(meant.size(), limit));
  GapCount count;
  for (const auto& [since, entity, first] : meant) {
    MemoryState::Gap& gap = entity->gaps.at(first);
    gap.given_up = GapEnd::waited_for;
    write().wake_past_gap(*entity, gap.last);
    ++count.gaps;
    count.numbers += gap.last - first + 1;
  }
  return count;
}

Result<std::optional<WallTime>> MemoryJournal::oldest_gap() {
  const auto state = read();
  std::optional<WallTime> oldest;
  for (const auto& [id, entity] : state->entities)
    for (const auto& [first, gap] : entity.gaps)
      if (!gap.given_up && (!oldest || gap.since < *oldest)) oldest = gap.since;
  return oldest;
}

// --- Subscriptions

std::shared_ptr<const Subscription> MemoryJournal::subscription(SubscriptionNo no) {
  const auto state = read();
  const auto found = state->subscriptions.find(no);
  return found == state->subscriptions.end() ? nullptr : found->second;
}

Result<> MemoryJournal::check_route(const Route& route) {
  if (subscription(route.subscription)) return {};
  return fail("there is no subscription {} to deliver to; this is a bug", route.subscription.value());
}

void MemoryJournal::give_up_if_removed(DeliveryRow& row) {
  if (is_final(row.state) || row.subscription == SubscriptionNo{} || subscription(row.subscription)) return;
  row.state = DeliveryState::failed;
  row.state_at = {};
}

void MemoryJournal::subscription_changed(const std::shared_ptr<const Subscription>& now) {
  write().subscriptions[now->no] = now;
  ++write().subscriptions_version;
  write().add_action(std::nullopt);
}

Result<SubscriptionNo> MemoryJournal::put_subscription(const Subscription& wanted, WallTime) {
  if (!in_turn_) return outside_of_turn();
  Subscription put = wanted;
  put.no = {};
  put.paused_at = {};
  put.pause_reason.clear();
  for (const auto& [no, known] : read()->subscriptions) {
    if (known->id != put.id) continue;
    put.no = no;
    put.paused_at = known->paused_at;
    put.pause_reason = known->pause_reason;
    if (*known == put) return no;
  }
  if (put.no == SubscriptionNo{}) put.no = SubscriptionNo{++write().last_subscription};
  subscription_changed(std::make_shared<const Subscription>(put));
  write().lead(put.no);
  return put.no;
}

Result<std::int64_t> MemoryJournal::remove_subscription(SubscriptionNo no, WallTime) {
  if (!in_turn_) return outside_of_turn();
  if (!subscription(no)) return 0;
  MemoryState& state = write();
  state.subscriptions.erase(no);
  ++state.subscriptions_version;
  state.add_action(std::nullopt);
  std::int64_t failed = 0;
  for (auto& [key, row] : state.deliveries) {
    if (row.subscription != no || row.state == DeliveryState::in_flight || is_final(row.state)) continue;
    give_up_if_removed(row);
    ++failed;
  }
  const auto is_of_it = [&](const auto& kept) {
    const auto& at = state.destinations[static_cast<std::size_t>(kept.first.value() - 1)];
    return state.queues[static_cast<std::size_t>(at.queue.value() - 1)].subscription == no;
  };
  std::erase_if(state.circuits, is_of_it);
  std::erase_if(state.paces, is_of_it);
  std::erase_if(state.throttles, is_of_it);
  return failed;
}

Result<> MemoryJournal::pause_subscriptions(std::span<const SubscriptionNo> numbers, std::string_view reason,
                                            WallTime now) {
  if (!in_turn_) return outside_of_turn();
  for (const SubscriptionNo no : numbers) {
    const auto known = subscription(no);
    if (!known || known->paused_at) continue;
    Subscription paused = *known;
    paused.paused_at = now;
    paused.pause_reason = reason;
    subscription_changed(std::make_shared<const Subscription>(paused));
  }
  return {};
}

Result<> MemoryJournal::resume_subscription(SubscriptionNo no, WallTime) {
  if (!in_turn_) return outside_of_turn();
  const auto known = subscription(no);
  if (!known || !known->paused_at) return {};
  Subscription resumed = *known;
  resumed.paused_at = {};
  resumed.pause_reason.clear();
  subscription_changed(std::make_shared<const Subscription>(resumed));
  return {};
}

Result<std::int64_t> MemoryJournal::fan_out(const Route& route, std::span<const Position> events, WallTime) {
  if (!in_turn_) return outside_of_turn();
  DISPATCH_TRY(check_route(route));
  std::optional<DeliveryKey> lowest;
  std::int64_t made = 0;
  for (const Position position : events) {
    MemoryState& state = write();
    if (!state.events.contains(position))
      return fail("there is no event at position {}; this is a bug", position.value());
    if (!state.subscribed(route.subscription, position).empty()) continue;
    const auto& row = state.add_delivery(state.destination_of(route), position, 0, route.subscription);
    state.unmatched.erase(position);
    lowest = lowest ? std::min(*lowest, row.key) : row.key;
    ++made;
  }
  if (lowest) write().add_action(lowest, true);
  return made;
}

Result<std::int64_t> MemoryJournal::replay(std::span<const DeliveryKey> deliveries,
                                           const std::optional<Route>& route, WallTime) {
  if (!in_turn_) return outside_of_turn();
  if (route && route->subscription != SubscriptionNo{}) DISPATCH_TRY(check_route(*route));
  std::map<QueueNo, DeliveryKey> lowest;
  std::int64_t made = 0;
  for (const DeliveryKey& key : deliveries) {
    MemoryState& state = write();
    const auto found = state.deliveries.find(key);
    if (found == state.deliveries.end() || !is_final(found->second.state)) continue;
    const DeliveryRow done = found->second;
    const bool direct = done.subscription == SubscriptionNo{};
    const auto same = state.subscribed(done.subscription, key.position);
    if (std::any_of(same.begin(), same.end(), [&](const DeliveryRow* other) {
          const bool goes_on_elsewhere = !route && done.state == DeliveryState::failed;
          return (!direct || goes_on_elsewhere || other->key.queue == key.queue) &&
                 other->key.generation > key.generation;
        }))
      continue;
    if (!direct && (!route || route->subscription != done.subscription))
      return fail("a delivery of a subscription cannot be replayed along another route; this is a bug");
    const MemoryState::Destination to =
        route && route->subscription == done.subscription
            ? state.destination_of(*route)
            : state.destinations[static_cast<std::size_t>(done.destination.value() - 1)];
    const auto there = state.deliveries.lower_bound({.queue = to.queue, .position = key.position});
    const auto above =
        state.deliveries.lower_bound({.queue = to.queue, .position = Position{key.position.value() + 1}});
    if (direct && std::any_of(there, above, [](const auto& other) { return !is_final(other.second.state); }))
      continue;
    if (made++ == 0) ++state.last_generation;
    const auto& row = state.add_delivery(to, key.position, state.last_generation, done.subscription);
    const auto at = lowest.try_emplace(to.queue, row.key).first;
    at->second = std::min(at->second, row.key);
  }
  for (const auto& [queue, key] : lowest) write().add_action(key, true);
  return made;
}

// --- Rejected lines

Result<std::size_t> MemoryJournal::queue_rejects(std::span<const RejectedLine> lines, const RejectCount& most,
                                                 WallTime) {
  if (!in_turn_) return outside_of_turn();
  return write().rejects.queue(lines, most, partial_reject_);
}

Result<> MemoryJournal::unqueue_rejects(std::span<const std::string_view> texts) {
  if (!in_turn_) return outside_of_turn();
  write().rejects.unqueue(texts);
  return {};
}

Result<RejectCount> MemoryJournal::clear_rejects(const RejectSelection& which, WallTime, std::size_t limit) {
  if (!in_turn_) return outside_of_turn();
  return write().rejects.clear(which, limit);
}

Result<RejectCount> MemoryJournal::open_rejects() {
  return read()->rejects.open();
}

Result<> MemoryJournal::save_paces(std::span<const PaceRow> changed, std::span<const DestinationNo> over) {
  if (!in_turn_) return outside_of_turn();
  for (const PaceRow& pace : changed) write().paces[pace.destination] = pace;
  for (const DestinationNo destination : over) write().paces.erase(destination);
  return {};
}

Result<> MemoryJournal::save_throttles(std::span<const ThrottleRow> changed,
                                       std::span<const DestinationNo> over) {
  if (!in_turn_) return outside_of_turn();
  for (const ThrottleRow& throttle : changed) write().throttles[throttle.destination] = throttle;
  for (const DestinationNo destination : over) write().throttles.erase(destination);
  return {};
}

Result<> MemoryJournal::save_circuits(std::span<const CircuitRow> changed,
                                      std::span<const DestinationNo> closed) {
  if (!in_turn_) return outside_of_turn();
  for (const CircuitRow& circuit : changed) write().circuits[circuit.destination] = circuit;
  for (const DestinationNo destination : closed) write().circuits.erase(destination);
  return {};
}

Result<tracing::TraceSeed> MemoryJournal::trace_seed() {
  return tracing::TraceSeed{1, 2, 3};
}

Result<SelectedPage> MemoryJournal::select(const Selection& selection, const SelectionPlace& from,
                                           std::size_t limit) {
  return select_in(*read(), selection, from, limit);
}

Result<std::vector<std::string>> MemoryJournal::unknown_names(const DeliveryFilter& filter) {
  return unknown_names_in(*read(), filter);
}

Result<std::shared_ptr<const SubscriptionSet>> MemoryJournal::subscriptions() {
  const auto state = read();
  std::vector<Subscription> all;
  for (const auto& [no, subscription] : state->subscriptions) all.push_back(*subscription);
  return std::make_shared<const SubscriptionSet>(std::move(all), state->subscriptions_version);
}

Result<std::vector<PaceRow>> MemoryJournal::paces() {
  const auto state = read();
  std::vector<PaceRow> all;
  for (const auto& [destination, pace] : state->paces) all.push_back(pace);
  return all;
}

Result<std::vector<ThrottleRow>> MemoryJournal::throttles() {
  const auto state = read();
  std::vector<ThrottleRow> all;
  for (const auto& [destination, throttle] : state->throttles) all.push_back(throttle);
  return all;
}

Result<std::vector<CircuitRow>> MemoryJournal::circuits() {
  const auto state = read();
  std::vector<CircuitRow> all;
  for (const auto& [destination, circuit] : state->circuits) all.push_back(circuit);
  return all;
}

Result<> MemoryJournal::save_progress(std::span<const DeliveryQueue> queues, std::int64_t last_wakeup) {
  if (!in_turn_) return outside_of_turn();
  for (const DeliveryQueue& queue : queues) {
    auto& stored = write().queues[static_cast<std::size_t>(queue.no.value() - 1)];
    stored.low_watermark = queue.low_watermark;
    stored.last_wakeup = queue.last_wakeup;
  }
  write().last_wakeup = last_wakeup;
  return {};
}

// --- Reads

Result<Changes> MemoryJournal::changes() {
  const auto state = read();
  const std::scoped_lock lock{store_->mutex};
  const auto seen = std::exchange(seen_version_, store_->version);
  const bool any = seen != store_->version;
  Changes changes;
  changes.any = any;
  changes.everything = any && !seen;
  std::set<QueueNo> queues;
  for (const auto& [key, row] : state->deliveries)
    if (key.position > seen_event_) queues.insert(key.queue);
  if (any && seen) changes.queues.assign(queues.begin(), queues.end());
  changes.wakeups = changes.subscriptions = any;
  seen_event_ = Position{static_cast<std::int64_t>(state->events.size())};
  return changes;
}

Result<std::vector<DeliveryQueue>> MemoryJournal::queues(QueueNo after) {
  const auto state = read();
  std::vector<DeliveryQueue> queues;
  for (const DeliveryQueue& queue : state->queues)
    if (queue.no > after) queues.push_back(queue);
  return queues;
}

namespace {

template <class Question, class Answer>
auto answers_to(std::span<const Question> questions, Answer answer) {
  std::vector<decltype(answer(questions.front()))> answers;
  for (const Question& question : questions) answers.push_back(answer(question));
  return answers;
}

}  // namespace

Result<std::vector<DeliveryQueue>> MemoryJournal::queues_by_number(std::span<const QueueNo> numbers) {
  const auto state = read();
  return answers_to(numbers,
                    [&](QueueNo no) { return state->queues.at(static_cast<std::size_t>(no.value() - 1)); });
}

Result<std::vector<bool>> MemoryJournal::several_destinations(std::span<const QueueNo> queues) {
  const auto state = read();
  return answers_to(queues, [&](QueueNo queue) {
    return std::count_if(state->destinations.begin(), state->destinations.end(),
                         [&](const auto& one) { return one.queue == queue; }) > 1;
  });
}

Result<DeliveryRows> MemoryJournal::scan_queues(std::span<const QueueScan> scans) {
  return answers_to(scans, [&](const auto& one) { return scan_one(one); });
}

Result<DeliveryRows> MemoryJournal::due_in_queues(std::span<const DueScan> scans) {
  return answers_to(scans, [&](const auto& one) { return due_one(one); });
}

Result<std::vector<std::optional<WallTime>>> MemoryJournal::next_due_in_queues(
    std::span<const PlaceInQueue> places) {
  return answers_to(places, [&](const auto& one) { return next_due_one(one); });
}

Result<std::vector<Predecessor>> MemoryJournal::predecessors(std::span<const DeliveryRow> rows) {
  return answers_to(rows, [&](const auto& row) { return predecessor_of(row); });
}

Result<DeliveryRows> MemoryJournal::open_in_lanes(std::span<const DeliveryRow> rows, std::size_t limit) {
  return answers_to(rows, [&](const auto& row) { return open_in_lane_of(row, limit); });
}

Result<std::vector<std::optional<DeliveryRow>>> MemoryJournal::heads(std::span<const DeliveryKey> keys) {
  return answers_to(keys, [&](const auto& key) { return head_of(key); });
}

std::vector<DeliveryRow> MemoryJournal::scan_one(const QueueScan& what) {
  const auto& [queue, after, limit] = what;
  const auto state = read();
  std::vector<DeliveryRow> rows;
  const DeliveryKey first{.queue = queue, .position = Position{after.value() + 1}};
  for (auto row = state->deliveries.lower_bound(first);
       row != state->deliveries.end() && row->first.queue == queue; ++row) {
    if (rows.size() >= limit && (rows.empty() || rows.back().key.position != row->first.position)) break;
    rows.push_back(row->second);
  }
  return rows;
}

std::vector<DeliveryRow> MemoryJournal::due_one(const DueScan& what) {
  const auto& [queue, after, until, limit] = what;
  const auto state = read();
  std::vector<DeliveryRow> rows;
  for (const auto& [key, row] : state->deliveries)
    if (key.queue == queue && row.state == DeliveryState::retry_wait && DuePlace::of(row) > after &&
        DuePlace::of(row) <= until)
      rows.push_back(row);
  std::sort(rows.begin(), rows.end(),
            [](const auto& a, const auto& b) { return DuePlace::of(a) < DuePlace::of(b); });
  if (rows.size() > limit) rows.resize(limit);
  return rows;
}

std::optional<WallTime> MemoryJournal::next_due_one(const PlaceInQueue& where) {
  const auto& [queue, after] = where;
  const auto state = read();
  std::optional<WallTime> next;
  for (const auto& [key, row] : state->deliveries) {
    if (key.queue != queue || row.state != DeliveryState::retry_wait || DuePlace::of(row) <= after) continue;
    if (!next || row.state_at < *next) next = row.state_at;
  }
  return next;
}

Predecessor MemoryJournal::predecessor_of(const DeliveryRow& row) {
  const auto state = read();
  const auto& entity = state->entity(row.entity);
  Predecessor before;
  before.disordered = entity.disordered;
  const auto gap = state->open_gap_above(entity, entity.first - 1);
  before.gap = gap && *gap < row.sequence.value();
  if (const auto* open = state->open_below(row)) before.open = open->sequence;
  return before;
}

std::vector<DeliveryRow> MemoryJournal::open_in_lane_of(const DeliveryRow& row, std::size_t limit) {
  std::vector<DeliveryRow> open;
  const auto state = read();
  if (row.entity == EntityNo{}) {
    const auto now = state->deliveries.find(row.key);
    if (limit > 0 && now != state->deliveries.end() && !is_final(now->second.state))
      open.push_back(now->second);
    return open;
  }
  const auto& entity = state->entity(row.entity);
  const bool from_below = is_sparse_lane(row) || entity.lowered;
  const auto gap = state->open_gap_above(entity, from_below ? entity.first - 1 : row.sequence.value());
  for (const auto& [number, next] : state->lane(row)) {
    if (is_final(next->state) || (!from_below && number < row.sequence)) continue;
    if (open.size() >= limit || (gap && number.value() > *gap)) break;
    if (!open.empty() && next->state != DeliveryState::pending) break;
    open.push_back(*next);
    if (next->state != DeliveryState::pending) break;
  }
  return open;
}

std::optional<DeliveryRow> MemoryJournal::head_of(const DeliveryKey& key) {
  const auto state = read();
  const auto found = state->deliveries.find(key);
  if (found == state->deliveries.end()) return std::nullopt;
  if (found->second.entity == EntityNo{})
    return is_final(found->second.state) ? std::nullopt : std::optional{found->second};
  for (const auto& [number, row] : state->lane(found->second))
    if (!is_final(row->state)) return *row;
  return std::nullopt;
}

Result<std::vector<DeliveryRow>> MemoryJournal::all_open_in_lane(const DeliveryKey& key) {
  const auto state = read();
  const auto found = state->deliveries.find(key);
  std::vector<DeliveryRow> open;
  if (found == state->deliveries.end()) return open;
  if (found->second.entity == EntityNo{}) {
    if (!is_final(found->second.state)) open.push_back(found->second);
    return open;
  }
  for (const auto& [number, row] : state->lane(found->second))
    if (!is_final(row->state)) open.push_back(*row);
  return open;
}

Result<std::int64_t> MemoryJournal::newest_action() {
  const auto state = read();
  return state->actions.empty() ? 0 : state->actions.back().number;
}

Result<std::vector<LaneWakeup>> MemoryJournal::wakeups(std::int64_t after, std::size_t limit) {
  const auto state = read();
  std::vector<LaneWakeup> wakeups;
  for (const auto& action : state->actions) {
    if (action.number <= after || !action.key || wakeups.size() == limit) continue;
    const auto& queue = state->queues.at(static_cast<std::size_t>(action.key->queue.value() - 1));
    if (action.number <= queue.last_wakeup) continue;
    DestinationNo ask;
    if (action.ask != ask && queue.destination != ask) ask = queue.destination;
    if (action.ask != DestinationNo{} && ask == DestinationNo{}) ask = action.ask;
    wakeups.push_back({.action = action.number,
                       .key = *action.key,
                       .from_here = action.from_here,
                       .ask = ask,
                       .asked = action.ask});
  }
  return wakeups;
}

Result<std::optional<std::int64_t>> MemoryJournal::next_offset(std::string_view source,
                                                               std::string_view partition) {
  const auto state = read();
  const auto mark = state->source_marks.find({std::string{source}, std::string{partition}});
  return mark == state->source_marks.end() ? std::nullopt : std::optional{mark->second};
}

Result<bool> MemoryJournal::advance_source(const SourceMark& mark) {
  if (!in_turn_) return outside_of_turn();
  auto& marks = write().source_marks;
  const auto found = marks.find({mark.source, mark.partition});
  const auto stored = found == marks.end() ? std::nullopt : std::optional{found->second};
  if (stored != mark.expected) return false;
  marks[{mark.source, mark.partition}] = mark.next;
  return true;
}

Result<std::int64_t> MemoryJournal::saved_wakeup() {
  return read()->last_wakeup;
}

Result<StateCounts> MemoryJournal::state_counts() {
  const auto state = read();
  StateCounts state_counts;
  for (const auto& [key, row] : state->deliveries)
    ++state_counts.deliveries[static_cast<std::size_t>(row.state)];
  return state_counts;
}

Result<std::vector<DeliveryRow>> MemoryJournal::first_open(Position from, Position to) {
  const auto state = read();
  std::vector<DeliveryRow> first;
  for (const auto& [key, row] : state->deliveries) {
    if (key.position < from || key.position > to || is_final(row.state)) continue;
    if (key.position < to) first.clear();
    to = key.position;
    first.push_back(row);
  }
  return first;
}

}  // namespace dispatch::test

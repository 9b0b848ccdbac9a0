#include "journal/sqlite/writing/appender.hpp"

#include "base/fail_point.hpp"
#include "journal/digest.hpp"
#include "journal/sqlite/reading/stored_trace.hpp"

#include <algorithm>
#include <limits>

namespace dispatch::journal {

namespace {

std::int64_t first_of_new_stream(const StreamStart& start, const std::optional<SequenceNumber>& seen) {
  switch (start.rule) {
    case StreamStart::Rule::number:
      return start.at.value();
    case StreamStart::Rule::first:
      return seen ? seen->value() : 1;
    case StreamStart::Rule::one:
      break;
  }
  return seen && seen->value() == 0 ? 0 : 1;
}

/// The number of an arrival that brings none. The highest number there is has no next: it is found to be
/// taken.
std::int64_t next_of(const Stream& stream) {
  return stream.last == std::numeric_limits<std::int64_t>::max() ? stream.last : stream.last + 1;
}

Appended accepted(Position position, std::int64_t number) {
  return {.verdict = AppendVerdict::accepted,
          .position = position,
          .sequence = SequenceNumber{number},
          .other_event = {}};
}

Appended before_start(std::int64_t first) {
  return {.verdict = AppendVerdict::before_start,
          .position = {},
          .sequence = SequenceNumber{first},
          .other_event = {}};
}

/// True where the columns that few events use are all empty.
bool is_plain(const Arrival& arrival) {
  return arrival.type.empty() && arrival.source.empty() && arrival.time.empty() &&
         arrival.correlation_id.empty() && arrival.causation_id.empty() && arrival.headers.empty() &&
         arrival.own_url.empty();
}

}  // namespace

Appender::Appender(SQLite::Database& database, TurnAccount& turn, TurnLog& log, FreshDeliveries& fresh,
                   Destinations& destinations, Subscriptions& subscriptions)
    : database_(database),
      trace_seed_(read_trace_seed(database)),
      turn_(turn),
      log_(log),
      fresh_(fresh),
      destinations_(destinations),
      subscriptions_(subscriptions),
      streams_(database),
      inputs_(database),
      wakeups_(database, turn),
      insert_plain_(database,
                    "INSERT INTO events (accepted_at, event_id, entity_no, sequence_number, digest, payload,"
                    "                    trace) VALUES",
                    "(?1, ?, ?, ?, ?, ?, ?)", " ON CONFLICT DO NOTHING"),
      insert_any_(
          database,
          "INSERT INTO events (accepted_at, event_id, entity_no, sequence_number, digest, payload, trace,"
          "                    type, source, time, correlation_id, causation_id, headers, own_url) VALUES",
          "(?1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", " ON CONFLICT DO NOTHING"),
      newest_(database, "SELECT seq FROM sqlite_sequence WHERE name = 'events'"),
      take_back_(database, "DELETE FROM events WHERE position > ?"),
      insert_(database,
              "INSERT INTO events (event_id, entity_no, sequence_number, type, source, time, correlation_id,"
              "                    causation_id, headers, own_url, accepted_at, digest, payload, trace)"
              " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce(?, ?)) ON CONFLICT DO NOTHING"),
      find_known_(
          database,
          "SELECT position, entity_no, sequence_number, digest, payload FROM events WHERE event_id = ?"),
      find_content_(database,
                    "SELECT entity_id, sequence_number, type, source, time, correlation_id, causation_id,"
                    "       headers, own_url, payload"
                    "  FROM events LEFT JOIN entities USING (entity_no) WHERE position = ?"),
      find_holder_(database,
                   "SELECT position, event_id FROM events WHERE entity_no = ? AND sequence_number = ?"),
      find_delivery_(database,
                     "SELECT 1 FROM deliveries WHERE queue_no = ? AND position = ? AND destination_no = ?"),
      unmatched_(database, "INSERT INTO unmatched (position) VALUES (?)") {}

void Appender::forget() {
  streams_.forget();
  inputs_.forget();
}

Result<AppendReport> Appender::append(std::span<const Arrival> arrivals, const StreamStart& start,
                                      WallTime now) {
  now_ = now;
  made_.clear();
  staged_.clear();
  AppendReport report;
  report.verdicts.reserve(arrivals.size());
  for (const Arrival& arrival : arrivals) {
    if (stage(arrival)) {
      if (staged_.size() == RowsInsert::rows_most) DISPATCH_TRY(append_staged(start, report.verdicts));
      continue;
    }
    DISPATCH_TRY(append_staged(start, report.verdicts));
    DISPATCH_TRY(append_singly(arrival, start, report.verdicts));
  }
  DISPATCH_TRY(append_staged(start, report.verdicts));
  report.deliveries = std::move(made_);
  return report;
}

/// True where the arrival is accepted unless its id is known. Its stream goes on as if it was.
bool Appender::stage(const Arrival& arrival) {
  if (accepted_in_a_row_ < accepted_before_several) return false;
  std::optional<EntityNo> entity;
  std::optional<std::int64_t> number;
  bool in_order = true;
  if (arrival.entity_id) {
    Stream* const stream = streams_.find(*arrival.entity_id);
    if (stream == nullptr) return false;
    number = arrival.sequence ? arrival.sequence->value() : next_of(*stream);
    if (*number <= stream->last || *number - 1 != stream->last) return false;
    stream->last = *number;
    entity = stream->entity;
    in_order = !stream->disordered;
  }
  staged_.push_back({.arrival = &arrival,
                     .entity = entity,
                     .number = number,
                     .digest = digest_of(arrival),
                     .trace = {arrival, trace_seed_},
                     .in_order = in_order});
  return true;
}

Result<> Appender::append_staged(const StreamStart& start, std::vector<Appended>& verdicts) {
  std::span<const Staged> left = staged_;
  while (!left.empty()) {
    const auto events = left.first(RowsInsert::at_once(left.size()));
    const auto first = insert(events);
    if (!first) {
      // The numbers behind a refused event are others, so all that is left is decided one by one.
      for (auto event = left.rbegin(); event != left.rend(); ++event)
        if (event->number) streams_.find(*event->arrival->entity_id)->last = *event->number - 1;
      accepted_in_a_row_ = 0;
      for (const Staged& event : left) DISPATCH_TRY(append_singly(*event.arrival, start, verdicts));
      break;
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
      const Position position{first->value() + static_cast<std::int64_t>(i)};
      inputs_.note(position, events[i].arrival->input);
      DISPATCH_TRY(add_deliveries(*events[i].arrival, position, events[i].entity, events[i].number,
                                  events[i].in_order));
      auto& verdict = verdicts.emplace_back();
      verdict.position = position;
      if (events[i].number) verdict.sequence = SequenceNumber{*events[i].number};
    }
    left = left.subspan(events.size());
  }
  staged_.clear();
  return {};
}

Result<> Appender::append_singly(const Arrival& arrival, const StreamStart& start,
                                 std::vector<Appended>& verdicts) {
  DISPATCH_ASSIGN(auto appended, append_one(arrival, start));
  accepted_in_a_row_ = appended.verdict == AppendVerdict::accepted ? accepted_in_a_row_ + 1 : 0;
  verdicts.push_back(std::move(appended));
  return {};
}

/// Inserts all of them and returns the position of the first; or none of them, where one is refused.
std::optional<Position> Appender::insert(std::span<const Staged> events) {
  const bool plain =
      std::all_of(events.begin(), events.end(), [](const Staged& event) { return is_plain(*event.arrival); });
  const int inserted = (plain ? insert_plain_ : insert_any_).run(events.size(), [&](auto bind) {
    bind(now_);
    for (const auto& [arrival, entity, number, digest, trace, in_order] : events) {
      bind(arrival->event_id, entity, number, digest, Blob{arrival->payload});
      if (const auto bytes = trace.bytes())
        bind(*bytes);
      else
        bind(trace.flags());
      if (plain) continue;
      bind(null_if_empty(arrival->type), null_if_empty(arrival->source), null_if_empty(arrival->time),
           null_if_empty(arrival->correlation_id), null_if_empty(arrival->causation_id),
           null_if_empty(arrival->headers), null_if_empty(arrival->own_url));
    }
  });
  const auto count = static_cast<int>(events.size());
  if (inserted == count) return Position{database_.getLastInsertRowid() - count + 1};
  take_back(events, inserted);
  return std::nullopt;
}

/// Refused rows had positions too, so that the highest one ever given tells where the first row was to stand.
void Appender::take_back(std::span<const Staged> events, int inserted) {
  if (inserted == 0) return;
  std::int64_t newest = 0;
  if (auto rows = newest_.rows(); rows.next()) newest = rows.integer(0);
  take_back_.run(newest - static_cast<std::int64_t>(events.size()));
}

Result<Appended> Appender::append_one(const Arrival& arrival, const StreamStart& start) {
  digest_ = digest_of(arrival);
  if (!arrival.entity_id) return append_without_entity(arrival);

  Stream* stream = streams_.find(*arrival.entity_id);
  if (stream == nullptr) {
    // An arrival that is refused must not leave an entity behind.
    if (auto known = find_known(arrival)) return *std::move(known);
    const std::int64_t first = first_of_new_stream(start, arrival.sequence);
    if (arrival.sequence && arrival.sequence->value() < first) return before_start(first);
    stream = &streams_.create(*arrival.entity_id, first);
  }
  const std::int64_t number = arrival.sequence ? arrival.sequence->value() : next_of(*stream);
  return number > stream->last ? append_above(arrival, *stream, number, start)
                               : append_below(arrival, *stream, number, start);
}

Result<Appended> Appender::append_without_entity(const Arrival& arrival) {
  const auto position = insert(arrival, std::nullopt, std::nullopt);
  if (!position) return find_known(arrival).value();
  DISPATCH_TRY(add_deliveries(arrival, *position, std::nullopt, std::nullopt, true));
  return Appended{
      .verdict = AppendVerdict::accepted, .position = *position, .sequence = {}, .other_event = {}};
}

/// Above all that has arrived: only the id can be in the way.
Result<Appended> Appender::append_above(const Arrival& arrival, Stream& stream, std::int64_t number,
                                        const StreamStart& start) {
  const auto position = insert(arrival, stream.entity, number);
  if (!position) return find_known(arrival).value();
  if (number > stream.last + 1) {
    if (start.gaps == Gaps::ignore)
      streams_.ignore_gap(stream, stream.last + 1, number - 1, now_);
    else
      streams_.open_gap(stream, stream.last + 1, number - 1, now_);
  }
  stream.last = number;
  DISPATCH_TRY(add_deliveries(arrival, *position, stream.entity, number, !stream.disordered));
  return accepted(*position, number);
}

/// Below where the stream begins: it may begin there, while nothing of it was sent.
Result<Appended> Appender::append_before_start(const Arrival& arrival, Stream& stream, std::int64_t number,
                                               const StreamStart& start) {
  if (!start.may_be_lowered(stream.first, number) || log_.has_unwritten(stream.entity) ||
      !streams_.is_unsent(stream, turn_.moves))
    return before_start(stream.first);
  const auto position = insert(arrival, stream.entity, number);
  if (!position)
    return fail("event {} is neither new nor in the journal; see: dispatch verify", arrival.event_id);
  streams_.lower_start(stream, number, start.gaps, now_);
  fresh_.out_of_order(stream.entity);
  fail_point(FailPoint::start_lowered);
  DISPATCH_TRY(add_deliveries(arrival, *position, stream.entity, number, false));
  return accepted(*position, number);
}

/// At or below what has arrived: there must be an open gap to take it.
Result<Appended> Appender::append_below(const Arrival& arrival, Stream& stream, std::int64_t number,
                                        const StreamStart& start) {
  if (auto known = find_known(arrival)) return *std::move(known);
  if (number < stream.first) return append_before_start(arrival, stream, number, start);

  const auto gap = streams_.gap_at(stream, number);
  if (!gap) return taken(stream, number);
  if (gap->given_up) {
    return Appended{.verdict = AppendVerdict::sequence_skipped,
                    .position = {},
                    .sequence = SequenceNumber{number},
                    .other_event = {},
                    .given_up = gap->given_up};
  }

  const auto position = insert(arrival, stream.entity, number);
  if (!position)
    return fail("event {} is neither new nor in the journal; see: dispatch verify", arrival.event_id);
  streams_.fill(stream, *gap, number);
  DISPATCH_TRY(add_deliveries(arrival, *position, stream.entity, number, false));

  const bool closed = gap->first == gap->last;
  const auto still_open = streams_.lowest_open(stream.entity);
  if (closed && (!still_open || still_open->first > number)) {
    fresh_.write();
    wakeups_.past_gap(stream.entity, *gap, Verb::gap_closed, now_);
  }
  return accepted(*position, number);
}

std::optional<Position> Appender::insert(const Arrival& arrival, std::optional<EntityNo> entity,
                                         std::optional<std::int64_t> number) {
  const StoredTrace trace{arrival, trace_seed_};
  const int changes = insert_.run(arrival.event_id, entity, number, null_if_empty(arrival.type),
                                  null_if_empty(arrival.source), null_if_empty(arrival.time),
                                  null_if_empty(arrival.correlation_id), null_if_empty(arrival.causation_id),
                                  null_if_empty(arrival.headers), null_if_empty(arrival.own_url), now_,
                                  digest_, Blob{arrival.payload}, trace.flags(), trace.bytes());
  if (changes == 0) return std::nullopt;
  const Position position{database_.getLastInsertRowid()};
  inputs_.note(position, arrival.input);
  return position;
}

Result<> Appender::add_deliveries(const Arrival& arrival, Position position, std::optional<EntityNo> entity,
                                  std::optional<std::int64_t> number, bool in_order) {
  if (arrival.routes.empty()) unmatched_.run(position);
  for (const Route& route : arrival.routes) {
    if (route.subscription != SubscriptionNo{} && !subscriptions_.find(route.subscription)) {
      return fail("event {} is routed to subscription {}, which the journal does not have; this is a bug",
                  arrival.event_id, route.subscription.value());
    }
    const auto numbers = destinations_.resolve(route, position);
    const DeliveryRow row{.key = {.queue = numbers.queue, .position = position},
                          .destination = numbers.destination,
                          .entity = entity.value_or(EntityNo{}),
                          .sequence = SequenceNumber{number.value_or(0)},
                          .subscription = route.subscription};
    if (!fresh_.add(row, arrival, route, now_, in_order)) {
      return fail(
          "event {} has two routes to {}, and an event goes to a host once; this is a bug in the routing",
          arrival.event_id, route.host);
    }
    turn_.made(DeliveryState::pending);
    made_.push_back(row);
  }
  return {};
}

/// The verdict on an arrival whose id is in the journal.
std::optional<Appended> Appender::find_known(const Arrival& arrival) {
  auto rows = find_known_.rows(arrival.event_id);
  if (!rows.next()) return std::nullopt;
  Appended appended;
  appended.position = Position{rows.integer(0)};
  const bool numbered = !rows.is_null(1);
  if (numbered) appended.sequence = SequenceNumber{rows.integer(2)};
  const bool same_number = !numbered || !arrival.sequence || arrival.sequence == appended.sequence;
  const bool same = same_number && rows.integer(3) == digest_ && rows.bytes(4) == arrival.payload;
  appended.verdict = same ? AppendVerdict::duplicate : AppendVerdict::id_conflict;
  if (same) appended.elsewhere = goes_elsewhere(appended.position, arrival);
  if (!same) appended.differing = differing_from(appended.position, arrival);
  return appended;
}

/// True where the arrival has a direct route and the event no delivery to that URL.
bool Appender::goes_elsewhere(Position stored, const Arrival& arrival) {
  for (const Route& route : arrival.routes) {
    if (route.subscription != SubscriptionNo{}) continue;
    const auto there = destinations_.find(route);
    if (!there) return true;
    if (fresh_.leads_to(stored, there->queue, there->destination)) return false;
    const auto unwritten = log_.unwritten({.queue = there->queue, .position = stored});
    if (unwritten && unwritten->destination == there->destination) return false;
    return !find_delivery_.rows(there->queue, stored, there->destination).next();
  }
  return false;
}

std::vector<std::string_view> Appender::differing_from(Position stored, const Arrival& arrival) {
  auto rows = find_content_.rows(stored);
  if (!rows.next()) return {};
  Arrival known;
  if (!rows.is_null(0)) known.entity_id = rows.bytes(0);
  if (!rows.is_null(1)) known.sequence = SequenceNumber{rows.integer(1)};
  known.type = rows.bytes(2);
  known.source = rows.bytes(3);
  known.time = rows.bytes(4);
  known.correlation_id = rows.bytes(5);
  known.causation_id = rows.bytes(6);
  known.headers = rows.bytes(7);
  known.own_url = rows.bytes(8);
  known.payload = rows.bytes(9);
  return differing_fields(known, arrival);
}

Appended Appender::taken(const Stream& stream, std::int64_t number) {
  Appended appended;
  appended.verdict = AppendVerdict::sequence_taken;
  appended.sequence = SequenceNumber{number};
  if (auto rows = find_holder_.rows(stream.entity, number); rows.next()) {
    appended.position = Position{rows.integer(0)};
    appended.other_event = rows.bytes(1);
  }
  return appended;
}

}  // namespace dispatch::journal

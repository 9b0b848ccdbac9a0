#include "flow/intake/intake.hpp"

#include "base/fail_point.hpp"
#include "base/text/units.hpp"
#include "flow/intake/destination_check.hpp"
#include "flow/intake/feed.hpp"
#include "flow/intake/refresh_catalog.hpp"
#include "ingest/input_name.hpp"

#include <algorithm>
#include <iterator>
#include <limits>
#include <span>
#include <tuple>
#include <utility>

namespace dispatch::flow {

using journal::AppendVerdict;

void PositionRanges::add(Position position) {
  const auto ends_before = [](const auto& range, Position at) {
    return range.second.value() + 1 < at.value();
  };
  const auto place = std::lower_bound(ranges_.begin(), ranges_.end(), position, ends_before);
  if (place == ranges_.end() || position.value() + 1 < place->first.value()) {
    ranges_.emplace(place, position, position);
    return;
  }
  place->first = std::min(place->first, position);
  place->second = std::max(place->second, position);
  const auto next = std::next(place);
  if (next == ranges_.end() || next->first.value() != place->second.value() + 1) return;
  place->second = next->second;
  ranges_.erase(next);
}

void PositionRanges::add_all() {
  // One less than the greatest number, so that there is one after it.
  ranges_.assign(1, {Position{1}, Position{std::numeric_limits<std::int64_t>::max() - 1}});
}

void PositionRanges::drop_below(Position position) {
  while (!ranges_.empty() && ranges_.front().second < position) ranges_.pop_front();
  if (!ranges_.empty() && ranges_.front().first < position) ranges_.front().first = position;
}

namespace {

/// Inputs that were not read and have a message each.
constexpr std::size_t unread_shown = 5;

/// In the order in which the input was read.
bool stands_before(const ingest::LineRef& a, const ingest::LineRef& b) {
  return std::tie(a.input, a.input_line, a.element) < std::tie(b.input, b.input_line, b.element);
}

/// Where its own url or the default destination leads; empty where there is none.
std::string_view direct_url(const Arrival& arrival) {
  for (const Route& route : arrival.routes)
    if (route.subscription == SubscriptionNo{}) return route.url;
  return {};
}

std::string_view given_up_text(journal::GapEnd by) {
  switch (by) {
    case journal::GapEnd::skipped:
      return "was skipped with 'dispatch gap skip'";
    case journal::GapEnd::ignored:
      return "comes too late: it was missing when a higher one came, and --gaps ignore waits for none";
    case journal::GapEnd::waited_for:
      return "comes too late: it was given up when a run had waited for it as long as --gaps says";
  }
  return "was given up";
}

std::string conflict_text(const journal::Appended& appended, const Arrival& arrival, bool joins_ids) {
  const auto& differing = appended.differing;
  std::string text = fmt::format(
      "event id '{}' is in the journal already, at position {}, with another {}; an accepted event never "
      "changes: give this one an id of its own",
      arrival.event_id, appended.position.value(), fmt::join(differing, ", "));
  // CloudEvents are unique by both.
  if (!joins_ids && std::find(differing.begin(), differing.end(), "source") != differing.end())
    text += "; where an id is unique in its source only: --field event_id=/source+/id";
  // The parts are joined as they are: to escape '#' in them would give events of older journals another id,
  // and send them again.
  if (joins_ids && std::count(arrival.event_id.begin(), arrival.event_id.end(), '#') > 1)
    text +=
        "; the id is joined with '#', and a part holds '#' itself, so that different parts can give the same "
        "id "
        "('a' and 'b#c', 'a#b' and 'c'): name another place for it with --field event_id=/POINTER";
  return text;
}

}  // namespace

std::string reason_of(const journal::Appended& appended, const Arrival& arrival, bool joins_ids) {
  const auto number = arrival.sequence ? arrival.sequence->value() : 0;
  const auto entity = arrival.entity_id.value_or("");
  switch (appended.verdict) {
    case AppendVerdict::accepted:
    case AppendVerdict::duplicate:
      return {};
    case AppendVerdict::id_conflict:
      return conflict_text(appended, arrival, joins_ids);
    case AppendVerdict::sequence_taken:
      return fmt::format(
          "sequence number {} of entity '{}' is taken by event '{}'; two events cannot have one place",
          number, entity, appended.other_event);
    case AppendVerdict::sequence_skipped:
      return fmt::format(
          "sequence number {} of entity '{}' {}, and what follows may have been sent; give this event a new "
          "sequence number",
          number, entity, given_up_text(appended.given_up.value_or(journal::GapEnd::skipped)));
    case AppendVerdict::before_start:
      return fmt::format(
          "sequence number {} lies before the start of the stream of entity '{}', which begins at {}; the "
          "start "
          "can only be lowered by --first-sequence first, while nothing of the entity has been sent; see "
          "dispatch-run(1)",
          number, entity, appended.sequence ? appended.sequence->value() : 1);
  }
  return {};
}

Intake::Intake(const Acceptance& context, const RunOptions& options, SharedStats& shared_stats)
    : context_(context),
      options_(options),
      shared_stats_(shared_stats),
      missing_order_(options.order_pointers) {}

void Intake::take(std::vector<Incoming> incoming) {
  if (stopped_) return;
  for (Incoming& some : incoming) some.taken = context_.clock.wall();
  std::move(incoming.begin(), incoming.end(), std::back_inserter(waiting_));
}

Result<std::vector<journal::DeliveryRow>> Intake::append(journal::Transaction& transaction, std::size_t most,
                                                         WallTime now) {
  taken_.clear();
  std::vector<journal::DeliveryRow> made;
  if (waiting_.empty()) return made;
  DISPATCH_TRY(refresh_catalog(context_.router.catalog(), context_.journal));
  context_.router.refresh();
  while (!waiting_.empty() && !stopped_) {
    Incoming& incoming = waiting_.front();
    if (incoming.without_destination && !context_.router.accepts_unmatched()) {
      stopped_ = true;
      error_ = no_destination();
      break;
    }
    for (const auto& warning : std::exchange(incoming.batch.warnings, {})) context_.log->warn("{}", warning);
    settle_routes(incoming);
    const auto& batch = incoming.batch;
    if (next_arrival_ == 0) {  // what ends a line of the batch before must follow it at once
      while (next_reject_ < batch.rejects.size() && !batch.rejects[next_reject_].first)
        rejects_.push_back(batch.rejects[next_reject_++]);
    }
    const std::size_t count = std::min(most, batch.arrivals.size() - next_arrival_);
    if (count == 0 && next_arrival_ < batch.arrivals.size()) break;
    DISPATCH_TRY(append_some(transaction, incoming, count, now, made));
    most -= count;
    const bool whole = next_arrival_ == batch.arrivals.size();
    const auto comes_now = [&](const ingest::Reject& reject) {
      return whole || stands_before(reject.line, batch.lines[next_arrival_]);
    };
    while (next_reject_ < batch.rejects.size() && comes_now(batch.rejects[next_reject_]))
      rejects_.push_back(batch.rejects[next_reject_++]);
    // Conflicts are known only now; people read of lines in their order.
    std::stable_sort(rejects_.begin(), rejects_.end(),
                     [](const auto& a, const auto& b) { return stands_before(a.line, b.line); });
    DISPATCH_TRY(queue_rejects(transaction, batch, now));
    if (!whole) break;
    progress_.note(batch);
    add_unread(batch.unread);
    taken_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    next_arrival_ = next_reject_ = 0;
  }
  DISPATCH_TRY(context_.rejects.flush());
  if (stopped_) {
    std::move(waiting_.begin(), waiting_.end(), std::back_inserter(taken_));
    waiting_.clear();
  }
  return made;
}

void Intake::settle_routes(Incoming& incoming) {
  if (incoming.subscriptions_version != context_.router.version())
    route_again(incoming, next_arrival_, context_.router);
  if (!context_.router.accepts_unmatched()) reject_unrouted(incoming, next_arrival_);
}

Result<> Intake::append_some(journal::Transaction& transaction, Incoming& incoming, std::size_t count,
                             WallTime now, std::vector<journal::DeliveryRow>& made) {
  if (count == 0) return {};
  for (std::size_t i = next_arrival_; i < next_arrival_ + count; ++i)
    incoming.batch.arrivals[i].input = input_name(incoming.batch.lines[i]);
  const std::span<const Arrival> arrivals{incoming.batch.arrivals.data() + next_arrival_, count};
  auto report = transaction.append(arrivals, options_.stream_start, now);
  if (!report) return tl::unexpected(std::move(report).error());
  fail_point(FailPoint::events_appended);
  made.insert(made.end(), report->deliveries.begin(), report->deliveries.end());

  const bool tell = context_.observer != nullptr && context_.observer->wants_accepted_events();
  Taken taken;
  accepted_texts_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const auto& appended = report->verdicts[i];
    switch (appended.verdict) {
      case AppendVerdict::accepted:
        ++taken.accepted;
        missing_order_.note(arrivals[i]);
        if (context_.router.goes_elsewhere(arrivals[i])) elsewhere_.note(arrivals[i].routes.front().url);
        if (arrivals[i].routes.empty()) ++taken.unmatched;
        if (arrivals[i].entity_id && !arrivals[i].sequence) ++numbered_;
        if (tell && arrivals[i].trace.sampled()) note_entry(arrivals[i], incoming.taken);
        break;
      case AppendVerdict::duplicate:
        ++taken.duplicates;
        if (appended.elsewhere) recorded_elsewhere_.note(arrivals[i].event_id, direct_url(arrivals[i]));
        break;
      case AppendVerdict::id_conflict:
      case AppendVerdict::sequence_taken:
        ++taken.conflicts;
        [[fallthrough]];
      default:
        rejects_.push_back(
            {incoming.batch.lines[next_arrival_ + i], reason_of(appended, arrivals[i], options_.joins_ids)});
        continue;
    }
    accepted_texts_.push_back(incoming.batch.lines[next_arrival_ + i].text);
    positions_.add(appended.position);
  }
  next_arrival_ += count;
  uncommitted_.accepted += taken.accepted;
  uncommitted_.duplicates += taken.duplicates;
  uncommitted_.conflicts += taken.conflicts;
  uncommitted_.unmatched += taken.unmatched;
  return transaction.unqueue_rejects(accepted_texts_);
}

Taken Intake::committed() {
  const Taken taken = std::exchange(uncommitted_, {});
  shared_stats_.update([&](RunStats& stats) {
    stats.lines += taken.accepted + taken.duplicates + taken.rejected;
    stats.accepted += taken.accepted;
    stats.duplicates += taken.duplicates;
    stats.rejected += taken.rejected;
    stats.unmatched += taken.unmatched;
    stats.numbered += std::exchange(numbered_, 0);
    if (elsewhere_.take_changed()) stats.elsewhere = elsewhere_.found();
    if (recorded_elsewhere_.take_changed()) stats.recorded_elsewhere = recorded_elsewhere_.found();
    if (missing_order_.take_changed()) stats.missing_order = missing_order_.found();
  });
  return taken;
}

std::string_view Intake::input_name(const ingest::LineRef& line) {
  if (!line.file) return {};
  const auto [name, is_new] = input_names_.try_emplace(*line.file);
  if (is_new) name->second = ingest::input_name(*line.file);
  return name->second;
}

void Intake::note_entry(const Arrival& arrival, WallTime taken) {
  auto& accepted_event = *accepted_events_.emplace_back(std::make_shared<AcceptedEvent>());
  accepted_event.texts.assign(
      {arrival.event_id, arrival.entity_id.value_or(std::string_view{}), arrival.correlation_id});
  accepted_event.trace = arrival.trace;
  if (arrival.parent) accepted_event.parent = arrival.parent.span;
  accepted_event.from = taken;
}

std::vector<std::shared_ptr<const AcceptedEvent>> Intake::take_accepted_events(
    std::chrono::nanoseconds commit) {
  if (accepted_events_.empty()) return {};
  const WallTime now = context_.clock.wall();
  for (const auto& accepted_event : accepted_events_) {
    accepted_event->committed = now;
    accepted_event->staged = now - std::chrono::duration_cast<std::chrono::microseconds>(commit);
  }
  std::vector<std::shared_ptr<const AcceptedEvent>> accepted_events{accepted_events_.begin(),
                                                                    accepted_events_.end()};
  accepted_events_.clear();
  return accepted_events;
}

Result<> Intake::queue_rejects(journal::Transaction& transaction, const ingest::Batch& batch, WallTime now) {
  if (rejects_.empty()) return {};
  std::vector<journal::RejectedLine> lines;
  lines.reserve(rejects_.size());
  const auto& most = options_.rejects_most;
  for (const auto& [line, reason, first, last] : rejects_)
    lines.push_back({*line.file, line.line, reason, line.text, first, last});
  const auto queued = transaction.queue_rejects(lines, most, now);
  if (!queued) return tl::unexpected(queued.error());

  const auto unsigned_of = [](std::int64_t count) { return static_cast<std::uint64_t>(count); };
  std::size_t taken = 0;
  for (; taken < *queued; ++taken) {
    const ingest::Reject& reject = rejects_[taken];
    if (!context_.rejects.has_room_for(reject, unsigned_of(most.lines), unsigned_of(most.bytes))) break;
    DISPATCH_TRY(context_.rejects.write(reject));
    if (reject.last) note_reject(reject);
  }
  if (taken < rejects_.size()) {
    const auto& line = rejects_[taken].line;
    stop_after(batch, line, false,
               fmt::format(
                   "as many rejected lines are kept as --rejects-most allows ({} lines, {}); is it the right "
                   "file? See: dispatch rejects list",
                   most.lines, format_size(unsigned_of(most.bytes))));
  } else if (options_.stop_on_reject && rejects_.back().last) {
    const auto& line = rejects_.back().line;
    stop_after(batch, line, true, "--on-bad-line stop ends the input with the first rejected line");
  }
  rejects_.clear();
  return {};
}

void Intake::note_reject(const ingest::Reject& reject) {
  if (warnings_.note(reject.reason)) context_.log->warn("{}", ingest::describe(reject));
  ++uncommitted_.rejected;
}

void Intake::stop_after(const ingest::Batch& batch, const ingest::LineRef& line, bool including,
                        std::string why) {
  stopped_ = true;
  std::vector<ingest::UnreadInput> unread;
  if (batch.inputs) {
    const auto& inputs = *batch.inputs;
    unread.push_back({inputs.at(line.input), line.input_line, std::move(why), line.element});
    if (!including && line.element > 1) {
      --unread.back().after_element;
    } else if (!including) {
      --unread.back().after_line;
      unread.back().after_element = 0;
    }
    for (std::size_t next = line.input + std::size_t{1}; next < inputs.size(); ++next)
      unread.push_back({inputs[next], 0, "the input ended before"});
  }
  add_unread(std::move(unread));
}

void Intake::note_cut_input() {
  if (!stopped_) add_unread(progress_.unread(options_.inputs, "the run was stopped"));
}

void Intake::add_unread(std::vector<ingest::UnreadInput> unread) {
  const auto shown = std::min(unread.size(), unread_shown);
  for (std::size_t i = 0; i < shown; ++i) context_.log->warn("{}", ingest::describe(unread[i]));
  if (unread.size() > shown) context_.log->warn("{} more inputs were not read", unread.size() - shown);
  shared_stats_.update(
      [&](RunStats& stats) { std::move(unread.begin(), unread.end(), std::back_inserter(stats.unread)); });
}

void Intake::finish() {
  for (const auto& text : warnings_.take_left_out()) context_.log->warn("{}", text);
}

}  // namespace dispatch::flow

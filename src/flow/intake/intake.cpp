#include "flow/intake/intake.hpp"

#include "base/fail_point.hpp"
#include "base/text/units.hpp"
#include "flow/intake/append_reason.hpp"
#include "flow/intake/destination_check.hpp"
#include "flow/intake/feed.hpp"
#include "flow/intake/journal_rejects.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

namespace dispatch::flow {

using journal::AppendVerdict;

namespace {

/// Inputs that were not read and have a message each.
constexpr std::size_t unread_shown = 5;

/// `reject` as it is kept beyond its batch's turn, with the only right to its receipt.
ingest::Reject take_over(ingest::Reject& reject) {
  return {reject.origin, std::move(reject.reason), reject.first, reject.last, std::move(reject.receipt)};
}

bool is_conflict(AppendVerdict verdict) {
  return verdict == AppendVerdict::id_conflict || verdict == AppendVerdict::sequence_taken;
}

ingest::Verdict verdict_of(const journal::Appended& appended, const Arrival& arrival) {
  using Kind = ingest::Verdict::Kind;
  const Kind accepted = arrival.routes.empty() ? Kind::unmatched : Kind::accepted;
  return {.kind = appended.verdict == AppendVerdict::duplicate ? Kind::duplicate : accepted,
          .position = appended.position,
          .sequence = appended.sequence};
}

/// Where its own url or the default destination leads; empty where there is none.
std::string_view direct_url(const Arrival& arrival) {
  for (const Route& route : arrival.routes)
    if (route.subscription == SubscriptionNo{}) return route.url;
  return {};
}

}  // namespace

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
    auto& batch = incoming.batch;
    if (next_arrival_ == 0) {  // what ends a line of the batch before must follow it at once
      while (next_reject_ < batch.rejects.size() && !batch.rejects[next_reject_].first)
        rejects_.push_back(take_over(batch.rejects[next_reject_++]));
    }
    const std::size_t count = std::min(most, batch.arrivals.size() - next_arrival_);
    if (count == 0 && next_arrival_ < batch.arrivals.size()) break;
    DISPATCH_TRY(append_some(transaction, incoming, count, now, made));
    most -= count;
    const bool whole = next_arrival_ == batch.arrivals.size();
    const auto comes_now = [&](const ingest::Reject& reject) {
      return whole || ingest::stands_before(reject.origin, batch.origins[next_arrival_]);
    };
    while (next_reject_ < batch.rejects.size() && comes_now(batch.rejects[next_reject_]))
      rejects_.push_back(take_over(batch.rejects[next_reject_++]));
    // Conflicts are known only now; people read of lines in their order.
    std::stable_sort(rejects_.begin(), rejects_.end(),
                     [](const auto& a, const auto& b) { return ingest::stands_before(a.origin, b.origin); });
    DISPATCH_TRY(keep_rejects(transaction, incoming, now));
    if (!whole) break;
    progress_.note(batch);
    note_decided(incoming);
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
  const NotTaken from{next_arrival_, next_reject_};
  if (incoming.routed_by != context_.router.snapshot()) route_again(incoming, from, context_.router);
  if (!context_.router.accepts_unmatched()) reject_unrouted(incoming, from);
}

Result<> Intake::append_some(journal::Transaction& transaction, Incoming& incoming, std::size_t count,
                             WallTime now, std::vector<journal::DeliveryRow>& made) {
  if (count == 0) return {};
  const std::span<const Arrival> arrivals{incoming.batch.arrivals.data() + next_arrival_, count};
  DISPATCH_ASSIGN(auto report, transaction.append(arrivals, options_.stream_start, now));
  fail_point(FailPoint::events_appended);
  made.insert(made.end(), report.deliveries.begin(), report.deliveries.end());

  const bool tell = context_.observer != nullptr && context_.observer->wants_accepted_events();
  Taken taken;
  accepted_texts_.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const auto& appended = report.verdicts[i];
    switch (appended.verdict) {
      case AppendVerdict::accepted:
        ++taken.accepted;
        missing_order_.note(arrivals[i]);
        if (context_.router.goes_elsewhere(arrivals[i])) elsewhere_.note(arrivals[i].routes.front().url);
        if (arrivals[i].routes.empty()) ++taken.unmatched;
        if (arrivals[i].entity_id && !arrivals[i].sequence) ++staged_.numbered;
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
        rejects_.push_back({incoming.batch.origins[next_arrival_ + i],
                            reason_of(appended, arrivals[i], options_.joins_ids)});
        continue;
    }
    accepted_texts_.push_back(incoming.batch.origins[next_arrival_ + i].text);
    positions_.add(appended.position);
  }
  if (!incoming.batch.receipts.empty()) stage_receipts(incoming.batch, report.verdicts);
  next_arrival_ += count;
  staged_.taken.accepted += taken.accepted;
  staged_.taken.duplicates += taken.duplicates;
  staged_.taken.conflicts += taken.conflicts;
  staged_.taken.unmatched += taken.unmatched;
  return transaction.unqueue_rejects(accepted_texts_);
}

StagedInput Intake::stage() {
  if (elsewhere_.take_changed()) staged_.elsewhere = elsewhere_.found();
  if (recorded_elsewhere_.take_changed()) staged_.recorded_elsewhere = recorded_elsewhere_.found();
  if (missing_order_.take_changed()) staged_.missing_order = missing_order_.found();
  return std::exchange(staged_, {});
}

void Intake::acknowledge(StagedInput& staged) {
  const Taken& taken = staged.taken;
  shared_stats_.update([&](RunStats& stats) {
    stats.lines += taken.accepted + taken.duplicates + taken.rejected;
    stats.accepted += taken.accepted;
    stats.duplicates += taken.duplicates;
    stats.rejected += taken.rejected;
    stats.unmatched += taken.unmatched;
    stats.numbered += staged.numbered;
    if (staged.elsewhere) stats.elsewhere = std::move(*staged.elsewhere);
    if (staged.recorded_elsewhere) stats.recorded_elsewhere = std::move(*staged.recorded_elsewhere);
    if (staged.missing_order) stats.missing_order = std::move(*staged.missing_order);
  });
  staged.receipts.committed();
  for (const auto& [source, cursor] : staged.reached) source->committed(cursor);
  if (stopped_) taken_.clear();  // with the receipts of what is dropped
}

void Intake::note_entry(const Arrival& arrival, WallTime taken) {
  auto& accepted_event = *staged_.accepted_events.emplace_back(std::make_shared<AcceptedEvent>());
  accepted_event.texts.assign(
      {arrival.event_id, arrival.entity_id.value_or(std::string_view{}), arrival.correlation_id});
  accepted_event.trace = arrival.trace;
  if (arrival.parent) accepted_event.parent = arrival.parent.span;
  accepted_event.from = taken;
}

/// Those refused now have theirs with their rejects, which are the last of rejects_, in the same order.
void Intake::stage_receipts(ingest::Batch& batch, std::span<const journal::Appended> verdicts) {
  const auto is_in_journal = [](const journal::Appended& appended) {
    return appended.verdict == AppendVerdict::accepted || appended.verdict == AppendVerdict::duplicate;
  };
  const auto refused = std::count_if(verdicts.begin(), verdicts.end(), std::not_fn(is_in_journal));
  auto reject = rejects_.end() - refused;
  const std::size_t first = next_arrival_;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    auto& receipt = batch.receipts[first + i];
    if (is_in_journal(verdicts[i])) {
      staged_.receipts.add(std::move(receipt), verdict_of(verdicts[i], batch.arrivals[first + i]));
      continue;
    }
    reject->receipt = std::move(receipt);
    if (is_conflict(verdicts[i].verdict)) reject->taken_by = verdicts[i].position;
    ++reject;
  }
}

Result<> Intake::keep_rejects(journal::Transaction& transaction, const Incoming& incoming, WallTime now) {
  if (rejects_.empty()) return {};
  auto* const own = incoming.source == nullptr ? nullptr : incoming.source->reject_sink();
  const auto kept = keep(transaction, own, now);
  if (!kept) return tl::unexpected(kept.error());
  for (std::size_t i = 0; i < *kept; ++i)
    if (rejects_[i].last) note_reject(rejects_[i]);
  if (*kept < rejects_.size()) {
    const auto& most = options_.rejects_most;
    stop_after(incoming.batch, rejects_[*kept].origin, false,
               fmt::format("the limit of rejected lines is reached (--rejects-most: {} lines, {}); check "
                           "that it is the right file; see: dispatch rejects list",
                           most.lines, format_size(static_cast<std::uint64_t>(most.bytes))));
  } else if (options_.stop_on_reject && rejects_.back().last) {
    stop_after(incoming.batch, rejects_.back().origin, true,
               "--on-bad-line stop ends the input with the first rejected line");
  }
  rejects_.clear();
  return {};
}

Result<std::size_t> Intake::keep(journal::Transaction& transaction, ingest::RejectSink* own, WallTime now) {
  if (own != nullptr) {
    DISPATCH_ASSIGN(const auto kept, own->keep(rejects_));
    DISPATCH_TRY(own->flush());
    return kept;
  }
  const auto queued = JournalRejects{transaction, options_.rejects_most, now}.keep(rejects_);
  if (!queued) return tl::unexpected(queued.error());
  return context_.rejects.keep({rejects_.data(), *queued});
}

void Intake::note_reject(ingest::Reject& reject) {
  if (warnings_.note(reject.reason)) context_.log->warn("{}", ingest::describe(reject));
  ++staged_.taken.rejected;
  if (!reject.receipt) return;
  using Kind = ingest::Verdict::Kind;
  const Kind kind = reject.taken_by == Position{} ? Kind::rejected : Kind::conflict;
  staged_.receipts.add(std::move(reject.receipt), {kind, reject.taken_by, {}, reject.reason});
}

/// Where the input ends here, what follows of it is not decided, and its source keeps it.
void Intake::note_decided(const Incoming& incoming) {
  if (incoming.source == nullptr || stopped_) return;
  auto& all = staged_.reached;
  const StagedInput::Reached reached{incoming.source, incoming.batch.cursor};
  if (all.empty() || all.back().source != reached.source)
    all.push_back(reached);
  else
    all.back() = reached;
}

void Intake::stop_after(const ingest::Batch& batch, const ingest::Origin& origin, bool including,
                        std::string why) {
  stopped_ = true;
  std::vector<ingest::UnreadInput> unread;
  if (!batch.inputs) {
    const auto place = ingest::describe(origin);
    unread.push_back({including ? "what follows " + place : place, 0, std::move(why)});
  } else {
    const auto& inputs = *batch.inputs;
    unread.push_back({inputs.at(origin.input), origin.input_number, std::move(why), origin.element});
    if (!including && origin.element > 1) {
      --unread.back().after_element;
    } else if (!including) {
      --unread.back().after_line;
      unread.back().after_element = 0;
    }
    for (std::size_t next = origin.input + std::size_t{1}; next < inputs.size(); ++next)
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

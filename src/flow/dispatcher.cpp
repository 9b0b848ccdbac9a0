#include "flow/dispatcher.hpp"

#include "base/fail_point.hpp"
#include "base/text/units.hpp"
#include "base/text/utf8.hpp"
#include "flow/intake/refresh_catalog.hpp"
#include "flow/rules/decide_outcome.hpp"
#include "flow/takeover.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace dispatch::flow {
namespace {

using namespace std::chrono_literals;

/// Others' commits, and operators' wishes, are seen at least so often.
constexpr auto look_around_every = 50ms;
constexpr auto remember_every = 2s;

}  // namespace

Dispatcher::Dispatcher(const RunContext& context, const RunOptions& options, Intake& intake,
                       SharedStats& shared_stats)
    : context_(context),
      options_(options),
      intake_(intake),
      clock_watch_(context.clock),
      policies_(options),
      scheduler_(options.commit_limits()),
      limiters_(scheduler_, options),
      pump_(context.journal, scheduler_, limiters_, options.window_limits(), policies_, time_),
      gap_watch_(options.gap_patience),
      stats_(context.journal, context.clock, scheduler_.limits(), pump_, limiters_, shared_stats),
      attempt_tracer_(context.transport),
      unsynced_(context, intake, scheduler_, limiters_, stats_, options.commit_wait),
      remembered_at_(context.clock.steady()) {}

Result<> Dispatcher::start(const journal::Abandoned& left) {
  const WallTime now = clock_watch_.look().now;
  DISPATCH_ASSIGN(orphans_, take_over(context_, options_, left, now));
  stats_.recovered(orphans_);
  DISPATCH_ASSIGN(const auto known_asks, context_.journal.newest_action());
  DISPATCH_TRY(limiters_.circuits().load(context_.journal, now));
  DISPATCH_TRY(limiters_.throttles().load(context_.journal, options_.retry.retry_after_most, now,
                                          context_.clock.steady()));
  DISPATCH_TRY(limiters_.load_paces(context_.journal, now, context_.clock.steady()));
  DISPATCH_TRY(refresh_policies(now));
  DISPATCH_TRY(pump_.start(known_asks));
  DISPATCH_TRY(stats_.read_state_counts());
  stats_.look(stats_.state_counts(), in_flight_.size(), context_.transport.waiting());
  return {};
}

Result<> Dispatcher::turn(Mail mail) {
  const auto look = clock_watch_.look();
  const WallTime now = look.now;
  time_ = {now, context_.clock.steady()};
  attempt_tracer_.begin_turn(context_.observer != nullptr && context_.observer->wants_attempt_traces());
  intake_.take(std::move(mail.incoming));

  UnsyncedTurn turn;
  turn.reports = std::move(mail.reports);
  DISPATCH_TRY(let_go());
  DISPATCH_ASSIGN(auto transaction, context_.journal.begin());
  DISPATCH_TRY(follow_clock(*transaction, look));
  DISPATCH_TRY(settle(*transaction, turn, now));
  DISPATCH_TRY(let_go());
  DISPATCH_TRY(take_in(*transaction, now, turn.reports.size()));
  DISPATCH_TRY(give_up_gaps(*transaction, turn, now));
  DISPATCH_TRY(let_go());
  DISPATCH_TRY(begin(*transaction, turn, now));
  const bool whole = context_.clock.steady() - remembered_at_ >= remember_every;
  if (whole) remembered_at_ = context_.clock.steady();
  DISPATCH_TRY(pump_.save_progress(*transaction, whole));
  DISPATCH_TRY(limiters_.circuits().save(*transaction));
  DISPATCH_TRY(limiters_.throttles().save(*transaction, now, context_.clock.steady()));
  DISPATCH_TRY(limiters_.save_paces(*transaction, turn.leaving, now, context_.clock.steady()));
  DISPATCH_TRY(commit(*transaction, std::move(turn)));
  limiters_.tidy(context_.clock.steady());
  return unsynced_.wait_until_left(UnsyncedTurns::turns_most - 1, in_flight_.size());
}

Result<> Dispatcher::commit(journal::Transaction& transaction, UnsyncedTurn turn) {
  turn.done.begun = turn.outgoing.size();
  turn.done.orphans = std::exchange(orphans_, 0);
  turn.done.trips = limiters_.circuits().take_trips();
  turn.done.held_back = limiters_.take_held_back();
  turn.traces = attempt_tracer_.take_turn();
  turn.input = intake_.stage();
  gathering_.note(turn.settlements);
  DISPATCH_TRY(stats_.read_state_counts());
  turn.state_counts = stats_.state_counts();
  const std::size_t sent = in_flight_.size() - unsynced_.unsent() - turn.outgoing.size();
  const bool has_work = has_more() || context_.inbox.has_mail(intake_.empty() ? 1 : 0);
  const SteadyTime staged = context_.clock.steady();
  const bool goes_on = unsynced_.rule().goes_on({.work_waits = has_work, .under_way = sent});
  DISPATCH_ASSIGN(auto token, goes_on ? transaction.commit_async() : transaction.commit());
  if (!goes_on) {
    DISPATCH_TRY(token.wait());
    unsynced_.rule().note(context_.clock.steady() - staged);
  }
  unsynced_.add(std::move(turn), std::move(token), staged);
  return let_go();
}

/// Where the wall clock was set, waits go on as they were.
Result<> Dispatcher::follow_clock(journal::Transaction& transaction, const ClockWatch::Look& look) {
  const auto& [now, jump] = look;
  if (!jump) return {};
  context_.log->warn("the system clock was set {} by {}; retries and open circuits wait as long as before",
                     jump->count() < 0 ? "back" : "forward", format_duration(std::chrono::abs(*jump)));
  DISPATCH_TRY(transaction.move_waits(*jump, now, policy::longest_wait(options_.retry)));
  limiters_.clock_set(*jump);
  return pump_.clock_set(*jump);
}

Result<> Dispatcher::settle(journal::Transaction& transaction, UnsyncedTurn& turn, WallTime now) {
  answered_.clear();
  auto& reports = turn.reports;
  auto& settlements = turn.settlements;
  if (reports.empty()) return {};
  std::vector<DestinationLimiters::End> ends;
  std::set<SubscriptionNo> to_pause;
  std::vector<Item*> items;
  settlements.reserve(reports.size());
  ends.reserve(reports.size());
  items.reserve(reports.size());
  for (auto& report : reports) {
    report.outcome.error = shortened(std::move(report.outcome.error), outcome_error_most);
    const auto found = in_flight_.find(report.ticket);
    if (found == in_flight_.end())
      return fail("the transport reported attempt {}, which is not under way", report.ticket);
    items.push_back(found->second.item);
    const auto attempt_trace = std::move(found->second.attempt_trace);
    in_flight_.erase(found);
    const Item& item = *items.back();
    const auto decision = decide_outcome(item.row, report.outcome, *item.lane->queue->policy,
                                         options_.orphans, now, context_.random.unit());
    settlements.push_back(decision.settlement);
    ends.push_back({policy::signal_of(report.outcome, decision.meaning), decision.hold});
    report.outcome.kind = decision.kind;
    if (attempt_trace) attempt_tracer_.end(attempt_trace, decision.settlement);
    if (decision.meaning == policy::Meaning::pause) to_pause.insert(item.lane->queue->row.subscription);
  }
  DISPATCH_TRY(note_actions(ends));
  DISPATCH_ASSIGN(const auto settled, transaction.settle(settlements));
  fail_point(FailPoint::outcomes_staged);
  const SteadyTime steady = context_.clock.steady();
  for (std::size_t i = 0; i < items.size(); ++i) {
    QueueState& queue = *items[i]->lane->queue;
    --queue.under_way;
    answered_.push_back(&queue);
    hear(*items[i], *settlements[i].outcome, steady);
    scheduler_.free_permits(*items[i]);
    if (DestinationLimiter* limiter = limiters_.ended(*items[i], ends[i], now, steady); limiter != nullptr)
      pump_.lead_to(*limiter);
    if (settled[i] == journal::Settled::lost) {
      context_.log->warn(
          "the outcome of an attempt is not recorded, as another owner has taken its delivery over");
      pump_.lost(*items[i]);
      continue;
    }
    switch (settlements[i].by) {
      case Transition::succeed:
      case Transition::exclude:
        pump_.completed(*items[i]);
        break;
      case Transition::retry:
        pump_.retry_later(*items[i], settlements[i].due);
        break;
      default:
        pump_.buried(*items[i]);
        break;
    }
  }
  std::size_t place = 0;
  std::erase_if(settlements, [&](const auto&) { return settled[place++] == journal::Settled::lost; });
  return to_pause.empty() ? Result<>{} : pause(transaction, to_pause, now);
}

/// Where a destination is in trouble, what operators had asked for before is asked no more.
Result<> Dispatcher::note_actions(const std::vector<DestinationLimiters::End>& ends) {
  const auto is_trouble = [](const DestinationLimiters::End& end) {
    return end.hold || end.signal == policy::HealthSignal::failure;
  };
  if (std::none_of(ends.begin(), ends.end(), is_trouble)) return {};
  DISPATCH_ASSIGN(const auto newest, context_.journal.newest_action());
  limiters_.note_newest_action(newest);
  return {};
}

/// How long a destination takes to answer, or not to.
void Dispatcher::hear(const Item& item, const Outcome& outcome, SteadyTime now) {
  switch (outcome.kind) {
    case OutcomeKind::answered:
    case OutcomeKind::acknowledged:
    case OutcomeKind::declined:
    case OutcomeKind::timeout:
    case OutcomeKind::connect_error:
    case OutcomeKind::broken:
      break;
    default:
      return;
  }
  item.lane->host->gate->answered(*item.lane->share, outcome.took, now);
}

Result<> Dispatcher::pause(journal::Transaction& transaction, const std::set<SubscriptionNo>& subscriptions,
                           WallTime now) {
  const std::vector<SubscriptionNo> numbers{subscriptions.begin(), subscriptions.end()};
  DISPATCH_TRY(transaction.pause_subscriptions(numbers, "the receiver answered 410 Gone", now));
  for (const SubscriptionNo no : numbers) {
    const auto policy = policies_.of(no);
    if (policy->paused) continue;
    context_.log->warn(
        "subscription '{0}' is paused, as its receiver answered 410 Gone; its deliveries wait; when it is "
        "back: "
        "dispatch subscription resume {0}",
        policy->subscription);
  }
  return refresh_policies(now);
}

/// Subscriptions may have been added, changed, paused, resumed or removed.
Result<> Dispatcher::refresh_policies(WallTime now) {
  DISPATCH_ASSIGN(auto subscriptions, refresh_catalog(context_.router.catalog(), context_.journal));
  DISPATCH_ASSIGN(const auto changed, policies_.follow(std::move(subscriptions)));
  if (!changed) return {};
  stats_.set_paused(policies_.paused());
  return pump_.policy_changed(now);
}

void Dispatcher::drain() {
  unsynced_.withdraw();
  if (!std::exchange(draining_, true)) context_.transport.withdraw();
}

Result<> Dispatcher::take_in(journal::Transaction& transaction, WallTime now, std::size_t outcomes) {
  DISPATCH_ASSIGN(const auto changes, context_.journal.changes());
  if (changes.any) {
    if (changes.everything || changes.subscriptions) DISPATCH_TRY(refresh_policies(now));
    DISPATCH_TRY(pump_.changed_elsewhere(changes));
    DISPATCH_TRY(look_for_given_up());
  }
  satisfied_ = false;
  // The catalog is that of the turn: changes by others were followed here, a pause of our own when it was
  // made.
  if (intake_.empty()) return {};
  const std::size_t events = ingest_budget_.events(load(outcomes));
  satisfied_ = events == 0;
  if (satisfied_) return {};
  DISPATCH_ASSIGN(auto made, intake_.append(transaction, events, now));
  return pump_.arrived(std::move(made));
}

/// There are more failed deliveries than this run has made.
Result<> Dispatcher::look_for_given_up() {
  DISPATCH_ASSIGN(const auto state_counts, context_.journal.state_counts());
  given_up_ =
      given_up_ || state_counts.of(DeliveryState::failed) != stats_.state_counts().of(DeliveryState::failed);
  return {};
}

Result<> Dispatcher::give_up_gaps(journal::Transaction& transaction, UnsyncedTurn& turn, WallTime now) {
  if (draining_) return {};
  DISPATCH_ASSIGN(turn.gaps_given_up,
                  gap_watch_.give_up(context_.journal, transaction, now, context_.clock.steady()));
  if (turn.gaps_given_up.gaps > 0) pump_.woken();
  return {};
}

IngestBudget::Load Dispatcher::load(std::size_t outcomes) const {
  IngestBudget::Load load{.under_way = in_flight_.size(), .outcomes = outcomes};
  std::unordered_map<const QueueState*, std::size_t> freed;
  for (const QueueState* queue : answered_) ++freed[queue];
  for (const auto& [queue, permits] : freed) {
    if (queue->more) continue;
    load.freed += permits;
    load.waiting += std::min(permits, queue->lanes - queue->under_way);
  }
  return load;
}

Result<> Dispatcher::begin(journal::Transaction& transaction, UnsyncedTurn& turn, WallTime now) {
  if (draining_) return {};
  DISPATCH_TRY(pump_.fill(now));
  for (const auto& [destination, action] : pump_.take_asked_for())
    limiters_.asked(destination, action, now, context_.clock.steady());
  DISPATCH_ASSIGN(const auto items, what_may_go(now));
  if (items.empty()) return {};

  std::vector<journal::Intent> intents;
  intents.reserve(items.size());
  for (const Item* item : items) intents.push_back({item->row.key, item->row.state});
  DISPATCH_ASSIGN(auto begun, transaction.begin(intents, now));
  fail_point(FailPoint::intents_staged);

  turn.outgoing.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    Item& item = *items[i];
    if (!begun[i].won) {
      limiters_.take_permit(item, now);
      scheduler_.free_permits(item);
      pump_.lost(item);
      continue;
    }
    item.row.state = DeliveryState::in_flight;
    ++item.row.attempts;
    auto& request = turn.outgoing.emplace_back(std::move(begun[i].outgoing));
    request.ticket = ++last_ticket_;
    request.host = item.lane->host->number;
    const auto& statuses = item.lane->queue->policy->statuses;
    request.throttled_by_429 = !statuses.contains(429);
    request.throttled_by_503 = !statuses.contains(503);
    in_flight_.emplace(request.ticket, UnderWay{&item, attempt_tracer_.begin(item, request, now)});
    ++item.lane->queue->under_way;
    turn.leaving.push_back(&item);
  }
  return {};
}

/// Lets the scheduler decide, and releases what the limiters allow, until nothing more may go.
Result<std::vector<Item*>> Dispatcher::what_may_go(WallTime now) {
  const SteadyTime steady = context_.clock.steady();
  std::vector<Item*> going;
  do {
    const Decisions decisions = scheduler_.decide(now);
    for (Item* item : decisions.go) {
      const bool leaves = item->lane->leaves || item->lane->queue->policy->paused;
      if (!leaves && limiters_.admits(*item, steady)) {
        going.push_back(item);
        continue;
      }
      scheduler_.free_permits(*item);
      limiters_.take_permit(*item, now);
      if (leaves)
        pump_.put_back(*item);
      else
        scheduler_.hold(*item);
    }
    for (const auto& [item, why] : decisions.turned_away) pump_.turned_away(*item, why);
    limiters_.release_ready(now, steady);
    // Asked where all that is left waits: only then does the run wait for it.
    const bool all_waits = going.empty() && in_flight_.empty() && !scheduler_.staged();
    if (all_waits && std::exchange(given_up_, false)) DISPATCH_TRY(pump_.given_up_elsewhere());
  } while (scheduler_.staged());
  return going;
}

bool Dispatcher::finished() const {
  return in_flight_.empty() && intake_.empty() && pump_.idle() && !(gap_watch_.due());
}

Gathering::Wait Dispatcher::gathering() const {
  if (draining_) return {};
  const std::size_t begun = in_flight_.size();
  return gathering_.wait({.under_way = begun,
                          .ahead = unsynced_.ahead(),
                          .waiting = pump_.lanes() - std::min(pump_.lanes(), begun)});
}

/// There is work for the next turn even if no mail comes.
bool Dispatcher::has_more() const {
  return (!intake_.empty() && !satisfied_) || (!draining_ && pump_.hungry());
}

WallTime Dispatcher::wake_at(WallTime now) const {
  if (has_more()) return now;
  WallTime next_look = now + look_around_every;
  if (draining_) return next_look;
  const SteadyTime steady = context_.clock.steady();
  const auto next_draw = limiters_.next(now, steady);
  if (gap_watch_.due()) {
    using std::chrono::microseconds;
    const auto left = std::chrono::ceil<microseconds>(*gap_watch_.due() - steady);
    next_look = std::min(next_look, now + std::max(left, microseconds{0}));
  }
  return std::min({pump_.next_due().value_or(next_look), next_draw.value_or(next_look), next_look});
}

Result<> Dispatcher::save_progress() {
  DISPATCH_TRY(wait_for_commits());
  DISPATCH_ASSIGN(auto transaction, context_.journal.begin());
  DISPATCH_TRY(pump_.save_progress(*transaction, true));
  DISPATCH_TRY(journal::commit_durably(*transaction));
  fail_point(FailPoint::progress_saved);
  if (context_.observer != nullptr) stats_.look_at_hosts();
  return {};
}

}  // namespace dispatch::flow

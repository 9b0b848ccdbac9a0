#include "flow/dispatcher.hpp"

#include "base/fail_point.hpp"
#include "flow/judge.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace dispatch::flow {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t orphans_per_turn = 1000;
constexpr std::size_t error_kinds_most = 32;
/// Others' commits, and operators' wishes, are seen at least so often.
constexpr auto look_around_every = 50ms;
constexpr auto remember_every = 2s;

/// What failures alike are counted under.
std::string describe(const Outcome& outcome) {
  if (outcome.kind == OutcomeKind::answered) return fmt::format("HTTP {}", outcome.status);
  if (outcome.kind == OutcomeKind::timeout) return "no answer in time";  // its text tells how long it took
  return outcome.error.empty() ? std::string{to_string(outcome.kind)} : outcome.error;
}

}  // namespace

Dispatcher::Dispatcher(const Parts& parts, const RunOptions& options, Intake& intake, Scoreboard& scoreboard)
    : parts_(parts),
      options_(options),
      intake_(intake),
      scoreboard_(scoreboard),
      graph_(options.workers + options.ahead),
      pump_(parts.journal, graph_,
            WindowLimits::suiting(options.per_host + options.ahead, options.workers + options.ahead)),
      remembered_at_(parts.clock.steady()) {}

Result<> Dispatcher::start() {
  std::size_t recovered = 0;
  for (std::size_t some = orphans_per_turn; some == orphans_per_turn; recovered += some) {
    auto turn = journal::Turn::begin(parts_.journal);
    if (!turn) return tl::unexpected(std::move(turn).error());
    const auto count = parts_.journal.recover(options_.orphans, parts_.clock.wall(), orphans_per_turn);
    if (!count) return tl::unexpected(count.error());
    if (*count > 0) fail_point(FailPoint::orphans_staged);
    DISPATCH_TRY(turn->commit());
    if (*count > 0) fail_point(FailPoint::orphans_committed);
    some = *count;
  }
  if (recovered > 0) {
    parts_.log->warn(
        "{} attempt(s) were under way when the last run ended; their outcome is unknown; they {}; see: "
        "dispatch "
        "events list --unknown",
        recovered,
        options_.orphans == journal::Orphans::retry ? "are sent again with the same idempotency key"
                                                    : "are held in the dead letters");
    scoreboard_.update([&](Figures& figures) { figures.unknown += recovered; });
  }
  DISPATCH_TRY(pump_.start());
  return refresh_figures();
}

Result<> Dispatcher::turn(Mail mail) {
  const WallTime now = parts_.clock.wall();
  intake_.take(std::move(mail.incoming));

  auto turn = journal::Turn::begin(parts_.journal);
  if (!turn) return tl::unexpected(std::move(turn).error());
  DISPATCH_TRY(settle(mail.reports, now));
  DISPATCH_TRY(take_in(now, mail.reports.size()));
  auto outgoing = begin(now);
  if (!outgoing) return tl::unexpected(std::move(outgoing).error());
  const bool whole = parts_.clock.steady() - remembered_at_ >= remember_every;
  if (whole) remembered_at_ = parts_.clock.steady();
  DISPATCH_TRY(pump_.remember(whole));
  DISPATCH_TRY(turn->commit());

  if (!mail.reports.empty()) fail_point(FailPoint::outcomes_committed);
  if (!outgoing->empty()) {
    fail_point(FailPoint::intents_committed);
    parts_.transport.send(std::move(*outgoing));
  }
  return refresh_figures();
}

Result<> Dispatcher::settle(std::vector<delivery::Report>& reports, WallTime now) {
  answered_.clear();
  if (reports.empty()) return {};
  std::vector<journal::Settlement> settlements;
  std::vector<Item*> items;
  settlements.reserve(reports.size());
  items.reserve(reports.size());
  for (const auto& report : reports) {
    const auto found = in_flight_.find(report.ticket);
    if (found == in_flight_.end())
      return fail("the transport reported attempt {}, which is not under way", report.ticket);
    items.push_back(found->second);
    in_flight_.erase(found);
    settlements.push_back(judge(items.back()->row, report.outcome, options_, now, parts_.random.unit()));
  }
  DISPATCH_TRY(parts_.journal.settle(settlements));
  fail_point(FailPoint::outcomes_staged);
  for (std::size_t i = 0; i < items.size(); ++i) {
    OutletState& outlet = *items[i]->lane->outlet;
    --outlet.under_way;
    answered_.push_back(&outlet);
    graph_.free_permits(*outlet.gate);
    switch (settlements[i].by) {
      case Transition::succeed:
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
  scoreboard_.update([&](Figures& figures) {
    for (const auto& settlement : settlements) count(figures, settlement);
  });
  return {};
}

void Dispatcher::drain() {
  if (!std::exchange(draining_, true)) parts_.transport.withdraw();
}

void Dispatcher::count(Figures& figures, const journal::Settlement& settlement) {
  if (settlement.outcome->kind == OutcomeKind::withdrawn) return;
  ++figures.attempts;
  if (settlement.by == Transition::succeed) {
    ++figures.delivered;
    figures.latency.add(settlement.outcome->took);
    return;
  }
  if (settlement.outcome->kind == OutcomeKind::unknown) ++figures.unknown;
  if (settlement.by == Transition::retry) ++figures.retries;
  if (settlement.by == Transition::bury) ++figures.buried;
  auto error = describe(*settlement.outcome);
  const bool known = figures.errors.contains(error) || figures.errors.size() < error_kinds_most;
  ++figures.errors[known ? std::move(error) : std::string{"other"}];
}

Result<> Dispatcher::take_in(WallTime now, std::size_t outcomes) {
  const auto changed = parts_.journal.changed_elsewhere();
  if (!changed) return tl::unexpected(changed.error());
  if (*changed) DISPATCH_TRY(pump_.changed_elsewhere());
  satisfied_ = false;
  if (intake_.empty()) return {};
  const std::size_t events = appetite_.events(load(outcomes));
  satisfied_ = events == 0;
  if (satisfied_) return {};
  auto made = intake_.append(events, now);
  if (!made) return tl::unexpected(std::move(made).error());
  return pump_.arrived(std::move(*made));
}

Appetite::Load Dispatcher::load(std::size_t outcomes) const {
  Appetite::Load load{.under_way = in_flight_.size(), .outcomes = outcomes};
  std::unordered_map<const OutletState*, std::size_t> freed;
  for (const OutletState* outlet : answered_) ++freed[outlet];
  for (const auto& [outlet, permits] : freed) {
    if (outlet->more) continue;
    load.freed += permits;
    load.waiting += std::min(permits, outlet->lanes - outlet->under_way);
  }
  return load;
}

Result<std::vector<Outgoing>> Dispatcher::begin(WallTime now) {
  std::vector<Outgoing> outgoing;
  if (draining_) return outgoing;
  DISPATCH_TRY(pump_.fill(now));
  const auto items = graph_.run_until_quiet();
  if (items.empty()) return outgoing;

  std::vector<journal::Intent> intents;
  intents.reserve(items.size());
  for (const Item* item : items) intents.push_back({item->row.key, item->row.state});
  auto begun = parts_.journal.begin(intents, now);
  if (!begun) return tl::unexpected(std::move(begun).error());
  fail_point(FailPoint::intents_staged);

  outgoing.reserve(items.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    Item& item = *items[i];
    if (!(*begun)[i].won) {
      graph_.free_permits(*item.lane->outlet->gate);
      pump_.lost(item);
      continue;
    }
    item.row.state = DeliveryState::in_flight;
    ++item.row.attempts;
    auto& request = outgoing.emplace_back(std::move((*begun)[i].outgoing));
    request.ticket = ++last_ticket_;
    request.host = item.lane->outlet->host;
    in_flight_.emplace(request.ticket, &item);
    ++item.lane->outlet->under_way;
  }
  return outgoing;
}

Result<> Dispatcher::refresh_figures() {
  const auto tally = parts_.journal.tally();
  if (!tally) return tl::unexpected(tally.error());
  tally_ = *tally;
  scoreboard_.update([&](Figures& figures) {
    figures.tally = tally_;
    figures.in_flight = in_flight_.size();
    figures.host_limited = pump_.lanes() - in_flight_.size();
  });
  return {};
}

bool Dispatcher::finished() const {
  return in_flight_.empty() && intake_.empty() && pump_.idle() && tally_.of(DeliveryState::retry_wait) == 0;
}

WallTime Dispatcher::wake_at(WallTime now) const {
  if (!intake_.empty() && !satisfied_) return now;
  if (!draining_ && pump_.hungry()) return now;
  const WallTime next_look = now + look_around_every;
  if (draining_) return next_look;
  return std::min(pump_.next_due().value_or(next_look), next_look);
}

Result<> Dispatcher::remember() {
  auto turn = journal::Turn::begin(parts_.journal);
  if (!turn) return tl::unexpected(std::move(turn).error());
  DISPATCH_TRY(pump_.remember(true));
  DISPATCH_TRY(turn->commit());
  fail_point(FailPoint::run_remembered);
  return {};
}

}  // namespace dispatch::flow

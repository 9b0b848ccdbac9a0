#include "support/journal/dead_letters.hpp"
#include "unit/flow/model/processes.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace dispatch::test {

using namespace std::chrono_literals;
using enum DeliveryState;

namespace {

constexpr int turns_most = 200;

}  // namespace

World::World(const Setting& setting, const std::string& rejects_path)
    : setting_(setting),
      rejects_path_(rejects_path),
      journals_(setting.place()),
      subscribed_host_(setting.rules.subscribed.empty() ? "" : host_of(setting.rules.subscribed)),
      reference_(setting.rules),
      observer_(journals_.open()) {
  options_.retry.attempts = setting.rules.attempts;
  options_.retry.backoff_first = setting.rules.backoff;
  options_.requests.per_host = setting.rules.per_host;
  options_.requests.in_all = setting.rules.workers;
  options_.ahead = setting.rules.ahead;
  options_.statuses = {{404, policy::Meaning::dead}};
  options_.breaker = setting.rules.breaker;
  options_.starts_slowly = false;
  options_.window = setting.rules.window;
  options_.stream_start = setting.rules.start;
  if (!setting.rules.subscribed.empty()) {
    operator_ = journals_.open();
    auto transaction = operator_->begin().value();
    // Where there is any subscription, what none means is accepted.
    if (setting.rules.subscribed_later) (void)transaction->put_subscription(subscription("t", {"none"}), {});
    if (!setting.rules.subscribed_later) subscribe(*transaction);
    if (const auto committed = transaction->commit(); !committed) broken_ = committed.error().message;
  }
  if (setting.options_bug) setting.options_bug(options_);
  raise(journals_.open());
}

World::~World() = default;

void World::raise(std::unique_ptr<journal::Journal> journal) {
  if (setting_.journal_bug) journal = setting_.journal_bug(std::move(journal));
  process_ = std::make_unique<Process>(*this, std::move(journal));
  if (const auto started = process_->dispatcher.start(); !started) broken_ = started.error().message;
  stopping_ = aborted_ = false;
  news_ = true;
  lately_.clear();
}

void World::subscribe(journal::Transaction& transaction) {
  Subscription wanted = subscription("s");
  wanted.url = reference_.url();
  wanted.host = host_of(wanted.url);
  subscription_ = transaction.put_subscription(wanted, clock_.wall()).value();
}

Route World::subscribed_route() const {
  return {reference_.url(), subscribed_host_, subscription_};
}

void World::die(journal::Orphans orphans, std::unique_ptr<journal::Journal> successor) {
  process_.reset();
  mail_answers_.clear();
  mail_arrivals_.clear();
  options_.orphans = orphans;
  reference_.recover(orphans, clock_.wall());
  raise(successor == nullptr ? journals_.open() : std::move(successor));
}

std::vector<std::string> World::under_way() const {
  std::vector<std::string> names;
  for (const auto& outgoing : process_->transport.scripted.under_way()) names.push_back(name_of(outgoing));
  return names;
}

bool World::is_started(const std::string& id) const {
  const auto ids = under_way();
  const auto ended = [&](const auto& answer) { return answer.first == id; };
  return std::find(ids.begin(), ids.end(), id) != ids.end() ||
         std::any_of(mail_answers_.begin(), mail_answers_.end(), ended);
}

// --- Steps

World::Complaint World::play(const Step& step) {
  count(step);
  const auto answer = [&](Answer how, Outcome outcome) {
    for (const auto& outgoing : process_->transport.scripted.under_way())
      if (name_of(outgoing) == step.subject)
        process_->transport.scripted.finish_ticket(outgoing.ticket, std::move(outcome));
    mail_answers_.emplace_back(step.subject, how);
  };
  Complaint complaint;
  switch (step.act) {
    case Act::turn:
      complaint = turn();
      break;
    case Act::crash:
      die(journal::Orphans::retry, nullptr);
      break;
    case Act::crash_hold:
      die(journal::Orphans::hold, nullptr);
      break;
    case Act::inherit:
      die(journal::Orphans::retry, std::move(elsewhere_->journal));
      elsewhere_.reset();
      followed_.clear();
      break;
    case Act::stop:
      for (const auto& event : reference_.events())
        if (event.state == in_flight && !is_started(event.name))
          mail_answers_.emplace_back(event.name, Answer::withdrawn);
      process_->dispatcher.drain();
      stopping_ = true;
      break;
    case Act::leave:
      if (const auto left = process_->dispatcher.save_progress(); !left) return left.error().message;
      die(options_.orphans, nullptr);
      break;
    case Act::wait_for_due:
      clock_.tick(*reference_.next_due(clock_.wall()) - clock_.wall());
      break;
    case Act::pause:
      clock_.tick(2s);
      break;
    case Act::arrive_elsewhere:
      complaint = arrive_elsewhere(line_of(step.subject));
      break;
    case Act::release:
    case Act::discard:
    case Act::skip_gap:
    case Act::subscribe:
    case Act::fan_out:
    case Act::halt:
    case Act::resume:
    case Act::move:
    case Act::remove:
    case Act::replay:
    case Act::cancel:
    case Act::retry_now:
      complaint = by_operator(step);
      break;
    case Act::arrive:
      process_->post.mail.incoming.push_back(incoming({line_of(step.subject)}));
      mail_arrivals_.push_back(step.subject);
      given_.push_back(step.subject);
      break;
    case Act::succeed:
      answer(Answer::success, answered(200));
      break;
    case Act::fail:
      answer(Answer::failure, answered(500));
      break;
    case Act::time_out:
      answer(Answer::timeout, unanswered(OutcomeKind::timeout));
      break;
    case Act::give_up:
      answer(Answer::hopeless, answered(404));
      break;
    case Act::throttle: {
      auto outcome = answered(429);
      outcome.retry_after = setting_.rules.retry_after;
      answer(Answer::throttled, std::move(outcome));
      break;
    }
    case Act::abort:
      for (const auto& id : under_way()) mail_answers_.emplace_back(id, Answer::unknown);
      process_->transport.abort();
      aborted_ = true;
      break;
  }
  if (complaint) return complaint;
  if (broken_) return broken_;
  if (const auto differs = check_journal()) return differs;
  return check_follower();
}

World::Complaint World::turn() {
  const WallTime now = clock_.wall();
  handed_over_.clear();
  const auto before = process_->shared_stats.snapshot();
  const auto played = process_->dispatcher.turn(std::exchange(process_->post.mail, {}));
  news_ = false;
  if (!played) return played.error().message;
  if (broken_) return broken_;

  for (const auto& [id, how] : std::exchange(mail_answers_, {}))
    if (auto complaint = reference_.end(id, how, options_.orphans, now)) return complaint;
  if (!stopping_) reference_.look_around(now);
  // A turn may leave some of its mail to the next.
  const auto stats = process_->shared_stats.snapshot();
  const auto taken = std::min<std::size_t>(stats.lines - before.lines, mail_arrivals_.size());
  std::array<std::uint64_t, 3> verdicts{};
  for (std::size_t i = 0; i < taken; ++i)
    ++verdicts[static_cast<std::size_t>(reference_.accept(line_of(mail_arrivals_[i])))];
  mail_arrivals_.erase(mail_arrivals_.begin(), mail_arrivals_.begin() + static_cast<std::ptrdiff_t>(taken));
  for (const auto& outgoing : handed_over_) {
    if (stopping_) return fmt::format("{} was sent after the run was told to stop", outgoing.event_id);
    if (auto complaint = reference_.begin(name_of(outgoing), now)) return complaint;
    if (const auto& url = reference_.find(name_of(outgoing))->url; url != outgoing.url)
      return fmt::format("{} was sent to {} and not to {}", outgoing.event_id, outgoing.url, url);
  }

  if (stats.accepted - before.accepted != verdicts[0] ||
      stats.duplicates - before.duplicates != verdicts[1] || stats.rejected - before.rejected != verdicts[2])
    return "what was accepted, a duplicate or rejected is not what the model says";
  for (std::size_t state = 0; state < stats.state_counts.deliveries.size(); ++state)
    if (stats.state_counts.deliveries[state] != reference_.count(static_cast<DeliveryState>(state)))
      return fmt::format("the stats count {} deliveries {} where there are {}",
                         stats.state_counts.deliveries[state], to_string(static_cast<DeliveryState>(state)),
                         reference_.count(static_cast<DeliveryState>(state)));
  return check_rest();
}

World::Complaint World::by_operator(const Step& step) {
  if (operator_ == nullptr) operator_ = journals_.open();
  const bool names_delivery =
      step.act == Act::replay || step.act == Act::cancel || step.act == Act::retry_now;
  const auto key = names_delivery ? key_of(step.subject) : journal::DeliveryKey{};
  auto transaction = operator_->begin();
  if (!transaction) return transaction.error().message;
  if (auto complaint = act(step, key, **transaction)) return complaint;
  if (const auto committed = (*transaction)->commit(); !committed) return committed.error().message;
  return std::nullopt;
}

journal::DeliveryKey World::key_of(const std::string& name) const {
  return committed(reference_.accepted()).at(name).key;
}

World::Complaint World::act(const Step& step, const journal::DeliveryKey& key,
                            journal::Transaction& transaction) {
  const WallTime now = clock_.wall();
  const auto of = [](const auto& done) -> Complaint {
    return done ? Complaint{} : Complaint{done.error().message};
  };
  if (step.act == Act::subscribe) {
    subscribe(transaction);
    reference_.subscribe();
    return std::nullopt;
  }
  if (step.act == Act::move) {
    const auto& first = setting_.rules.subscribed;
    reference_.move(reference_.url() == first ? "http://m.test/moved" : first);
    subscribed_host_ = host_of(reference_.url());
    subscribe(transaction);
    return std::nullopt;
  }
  if (step.act == Act::halt) {
    reference_.halt();
    return of(transaction.pause_subscription(subscription_, "a test", now));
  }
  if (step.act == Act::resume) {
    reference_.resume();
    return of(transaction.resume_subscription(subscription_, now));
  }
  if (step.act == Act::remove) {
    const auto failed = transaction.remove_subscription(subscription_, now);
    if (!failed) return failed.error().message;
    if (*failed != reference_.remove()) return fmt::format("{} deliveries were given up", *failed);
  } else if (step.act == Act::fan_out) {
    const auto& accepted = reference_.accepted();
    std::vector<Position> positions;
    const auto meant = reference_.fan_out(step.subject);
    for (const auto& id : meant) {
      const auto place = std::find(accepted.begin(), accepted.end(), id) - accepted.begin();
      positions.push_back(Position{place + 1});
    }
    const auto made = transaction.fan_out(subscribed_route(), positions, now);
    if (!made) return made.error().message;
    if (*made != static_cast<std::int64_t>(meant.size()))
      return fmt::format("{} deliveries were made", *made);
  } else if (step.act == Act::replay) {
    const bool subscribed = reference_.find(step.subject)->subscribed;
    std::optional<Route> route;
    if (subscribed) route = subscribed_route();
    const auto made = transaction.replay({&key, 1}, route, now);
    if (!made) return made.error().message;
    if (*made != 1) return fmt::format("{} deliveries were made anew", *made);
    reference_.replay(step.subject);
  } else if (step.act == Act::cancel || step.act == Act::retry_now) {
    const bool cancel = step.act == Act::cancel;
    const auto changed = cancel ? transaction.cancel({&key, 1}, now) : transaction.retry_now({&key, 1}, now);
    if (!changed) return changed.error().message;
    const std::int64_t expected =
        cancel ? reference_.cancel(step.subject) : reference_.retry_now(step.subject, now);
    if (*changed != expected) return fmt::format("{} deliveries were changed", *changed);
  } else if (step.act == Act::skip_gap) {
    const auto skipped = transaction.skip_gap(step.subject, std::nullopt, now);
    if (!skipped) return skipped.error().message;
    const auto expected = reference_.skip_gap(step.subject);
    const bool equal = skipped->has_value() == expected.has_value() &&
                       (!expected || ((*skipped)->first.value() == expected->first &&
                                      (*skipped)->second.value() == expected->second));
    if (!equal) return "the gap skipped is not the lowest";
  } else {
    const std::string id = reference_.find(step.subject)->line.id;
    const auto dead = dead_letters(*operator_, {.events = {id}});
    const bool release = step.act == Act::release;
    const auto changed = release ? transaction.release(dead, now) : transaction.discard(dead, now);
    if (!changed) return changed.error().message;
    const std::int64_t expected = release ? reference_.release(id) : reference_.discard(id);
    if (*changed != expected) return fmt::format("{} dead letters were meant", *changed);
  }
  return std::nullopt;
}

World::Complaint World::arrive_elsewhere(const Line& line) {
  if (elsewhere_ == nullptr) elsewhere_ = std::make_unique<Elsewhere>(*this, journals_.open());
  flow::Mail mail;
  mail.incoming.push_back(incoming({line}));
  if (const auto taken = elsewhere_->follower.turn(std::move(mail)); !taken) return taken.error().message;
  given_.push_back(line.id);
  const bool known = std::find(followed_.begin(), followed_.end(), line.id) != followed_.end();
  if (reference_.accept(line) != Reference::Verdict::rejected && !known) followed_.push_back(line.id);
  return std::nullopt;
}

World::Complaint World::let_all_succeed() {
  const auto step = [&](Step next) { return play(next); };
  for (int turn = 0; turn < turns_most; ++turn) {
    const auto ids = under_way();
    for (const auto& id : ids)
      if (auto complaint = step({Act::succeed, id})) return complaint;
    if (stopping_ && ids.empty() && mail_answers_.empty() && mail_arrivals_.empty()) {
      if (auto complaint = step({Act::leave, ""})) return complaint;
    } else if (!news_ && mail_answers_.empty() && at_rest()) {
      if (!reference_.next_due(clock_.wall())) return std::nullopt;
      if (auto complaint = step({Act::wait_for_due, ""})) return complaint;
    }
    if (auto complaint = step({Act::turn, ""})) return complaint;
  }
  return "the turns do not come to rest";
}

World::Complaint World::audit() const {
  return journals_.audit ? journals_.audit() : std::nullopt;
}

World::Complaint World::finish() {
  if (auto found = audit()) return found;
  for (std::size_t round = 0; round <= 2 * setting_.events.size(); ++round) {
    if (auto complaint = let_all_succeed()) return complaint;
    bool left = false;
    for (const auto& event : reference_.events()) {
      if (event.done()) continue;
      if (!reference_.stuck(event)) return fmt::format("{} is left although everything succeeds", event.name);
      left = true;
    }
    if (!left) return audit();
    if (reference_.is_halted())
      if (auto complaint = play({Act::resume, ""})) return complaint;
    for (const auto& event : std::vector{reference_.events()}) {
      const Step act = event.state == dead_letter ? Step{Act::release, event.name}
                       : !event.line.entity.empty() && reference_.has_gap(event.line.entity)
                           ? Step{Act::skip_gap, event.line.entity}
                           : Step{};
      if (act == Step{} || !possible(act)) continue;
      if (auto complaint = play(act)) return complaint;
    }
  }
  return "what was blocked is still so although the operator gave way to everything";
}

}  // namespace dispatch::test

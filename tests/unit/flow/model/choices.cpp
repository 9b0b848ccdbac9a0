// Which steps are possible, and which of them the explorer tries.

#include "unit/flow/model/world.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::test {

using enum DeliveryState;

namespace {

bool among(const std::vector<std::string>& texts, const std::string& text) {
  return std::find(texts.begin(), texts.end(), text) != texts.end();
}

/// Steps of one rank act on each other, so that every order of them is tried; of others only this one.
int rank(Act act) {
  switch (act) {
    case Act::turn:
      return 0;
    case Act::arrive_elsewhere:
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
      return static_cast<int>(Act::arrive_elsewhere);
    case Act::succeed:
    case Act::fail:
    case Act::time_out:
    case Act::give_up:
    case Act::throttle:
    case Act::abort:
      return static_cast<int>(Act::succeed);
    default:
      return static_cast<int>(act);
  }
}

/// All that tells one entity's events from another's but their names.
std::string shape(const std::vector<Line>& events, const Line& one) {
  if (one.entity.empty()) return fmt::format("alone {} {}", one.url, one.payload);
  std::string shape;
  for (const Line& line : events)
    if (line.entity == one.entity)
      shape += fmt::format("{} {} {};", line.sequence.value_or(-1), line.url, line.payload);
  return shape;
}

}  // namespace

const Line& World::line_of(const std::string& id) const {
  return *std::find_if(setting_.events.begin(), setting_.events.end(),
                       [&](const Line& line) { return line.id == id; });
}

/// Entities of one shape are interchangeable: they begin in their order.
bool World::twin_first(const Line& line) const {
  const auto begun = [&](const Line& other) {
    return other.entity.empty() ? among(given_, other.id)
                                : std::any_of(given_.begin(), given_.end(), [&](const auto& id) {
                                    return line_of(id).entity == other.entity;
                                  });
  };
  if (begun(line)) return true;
  for (const Line& other : setting_.events) {
    if (other.id == line.id || (!line.entity.empty() && other.entity == line.entity)) return true;
    if (shape(setting_.events, other) == shape(setting_.events, line) && !begun(other)) return false;
  }
  return true;
}

bool World::possible(const Step& step) const {
  const bool nothing_came = mail_answers_.empty() && mail_arrivals_.empty();
  const auto* event = reference_.find(step.subject);
  const auto is_under_way = [&] { return among(under_way(), step.subject); };
  switch (step.act) {
    case Act::turn:
      return true;
    case Act::crash:
    case Act::crash_hold:
      return nothing_came;
    case Act::inherit:
      return nothing_came && elsewhere_ != nullptr;
    case Act::stop:
      return !stopping_;
    case Act::leave:
      return stopping_ && nothing_came && under_way().empty();
    case Act::wait_for_due:
      return reference_.next_due(clock_.wall()).has_value();
    case Act::pause:
      return true;
    case Act::arrive:
      return !stopping_;
    case Act::arrive_elsewhere:
      return true;
    case Act::release:
    case Act::discard:
      return event != nullptr && event->state == dead_letter;
    case Act::skip_gap:
      return reference_.has_gap(step.subject);
    case Act::subscribe:
      return setting_.rules.subscribed_later && subscription_ == SubscriptionNo{};
    case Act::fan_out:
      return reference_.may_fan_out(step.subject);
    case Act::halt:
      return reference_.is_subscribed() && !reference_.is_halted();
    case Act::resume:
      return reference_.is_halted();
    case Act::move:
    case Act::remove:
      return reference_.is_subscribed();
    case Act::replay:
      return event != nullptr && reference_.may_replay(*event);
    case Act::cancel:
    case Act::retry_now:
      return event != nullptr && (event->state == pending || event->state == retry_wait);
    case Act::succeed:
    case Act::fail:
    case Act::time_out:
    case Act::give_up:
    case Act::throttle:
      return is_under_way();
    case Act::abort:
      return stopping_ && !aborted_ && !under_way().empty();
  }
  return false;
}

std::size_t World::times(std::initializer_list<Act> acts) const {
  std::size_t times = 0;
  for (const Act act : acts) times += times_[static_cast<std::size_t>(act)];
  return times;
}

std::size_t World::times_of_operators() const {
  return times({Act::release, Act::discard, Act::skip_gap, Act::cancel, Act::retry_now});
}

bool World::spent(const Bounds& bounds, Act act) const {
  switch (act) {
    case Act::crash:
    case Act::crash_hold:
    case Act::inherit:
      return times({Act::crash, Act::crash_hold, Act::inherit}) >= bounds.crashes;
    case Act::stop:
      return times({Act::stop}) >= bounds.stops;
    case Act::pause:
      return times({Act::pause}) >= bounds.pauses;
    case Act::arrive_elsewhere:
      return times({Act::arrive_elsewhere}) >= bounds.elsewhere;
    case Act::release:
    case Act::discard:
    case Act::skip_gap:
    case Act::cancel:
    case Act::retry_now:
      return times_of_operators() >= bounds.operators;
    case Act::fan_out:
      return times({act}) >= bounds.fan_outs;
    case Act::halt:
      return times({act}) >= bounds.halts;
    case Act::move:
      return times({act}) >= bounds.moves;
    case Act::remove:
      return times({act}) >= bounds.removals;
    case Act::replay:
      return times({act}) >= bounds.replays;
    case Act::fail:
    case Act::time_out:
      return times({Act::fail, Act::time_out}) >= bounds.failures;
    case Act::give_up:
      return times({Act::give_up}) >= bounds.give_ups;
    case Act::throttle:
      return times({Act::throttle}) >= bounds.throttles;
    case Act::abort:
      return times({Act::abort}) >= bounds.aborts;
    default:
      return false;
  }
}

void World::count(const Step& step) {
  ++times_[static_cast<std::size_t>(step.act)];
  lately_.push_back(canonical(step));
  latest_ = step.act;
  news_ = true;
}

std::vector<Step> World::choices(const Bounds& bounds) const {
  std::vector<Step> choices;
  const auto offer = [&](Act act, const std::string& subject = {}) {
    const Step step{act, subject};
    const bool once = act < Act::arrive_elsewhere;
    const bool in_order =
        act == Act::turn || rank(act) > rank(latest_) || (!once && rank(act) == rank(latest_));
    if (in_order && !spent(bounds, act) && possible(step)) choices.push_back(step);
  };
  if (news_ || !at_rest()) offer(Act::turn);
  for (const Act act :
       {Act::crash, Act::crash_hold, Act::inherit, Act::stop, Act::leave, Act::wait_for_due, Act::pause})
    offer(act);
  for (const Line& line : setting_.events) {
    const bool again = among(given_, line.id);
    const std::size_t repeats = given_.size() - std::set(given_.begin(), given_.end()).size();
    if (again ? repeats >= bounds.duplicates : !twin_first(line)) continue;
    offer(Act::arrive_elsewhere, line.id);
    offer(Act::arrive, line.id);
  }
  for (const auto& event : reference_.events()) {
    offer(Act::release, event.name);
    offer(Act::discard, event.name);
    offer(Act::replay, event.name);
    offer(Act::cancel, event.name);
    offer(Act::retry_now, event.name);
  }
  for (const auto& id : reference_.accepted()) offer(Act::fan_out, id);
  for (const Act act : {Act::subscribe, Act::halt, Act::resume, Act::move, Act::remove}) offer(act);
  std::set<std::string> entities;
  for (const auto& id : reference_.accepted())
    if (const auto& entity = line_of(id).entity; entities.insert(entity).second) offer(Act::skip_gap, entity);
  for (const auto& id : under_way())
    for (const Act act : {Act::succeed, Act::fail, Act::give_up, Act::throttle}) offer(act, id);
  offer(Act::abort);
  return choices;
}

// --- What makes two states one

std::string World::canonical(const Step& step) const {
  const auto& events = reference_.events();
  const auto place = std::find_if(events.begin(), events.end(), [&](const auto& event) {
    return event.name == step.subject || (step.act == Act::skip_gap && event.line.entity == step.subject);
  });
  if (place != events.end()) return fmt::format("{}@{}", static_cast<int>(step.act), place - events.begin());
  if (step.subject.empty() || step.act == Act::skip_gap)
    return fmt::format("{} {}", static_cast<int>(step.act), step.subject);
  const Line& line = line_of(step.subject);
  return fmt::format("{} {} {}", static_cast<int>(step.act), line.sequence.value_or(-1), line.url);
}

std::optional<std::string> World::fingerprint(const Bounds& bounds) const {
  if (latest_ != Act::turn && !lately_.empty()) return std::nullopt;
  std::string print;
  const auto add = [&](const auto& part) { fmt::format_to(std::back_inserter(print), "{} ", part); };
  std::vector<std::string> entities;
  const WallTime now = clock_.wall();
  for (const auto& event : reference_.events()) {
    const auto seen = std::find(entities.begin(), entities.end(), event.line.entity);
    add(seen - entities.begin());
    if (seen == entities.end() || event.line.entity.empty()) {
      entities.push_back(event.line.entity);
      for (const auto number : reference_.skipped(event.line.entity)) add(number);
    }
    add(event.number.value_or(-1));
    add(event.url);
    add(event.subscribed + 2 * event.probe);
    add(event.generation);
    add(static_cast<int>(event.state));
    add(event.attempts - event.forgiven);
    if (event.state == retry_wait && event.due > now) add((event.due - now).count());
  }
  add("|");
  const auto queues = observer_->queues(QueueNo{}).value();
  for (const auto& queue : queues) add(queue.low_watermark.value());
  const auto wakeups = observer_->wakeups(observer_->saved_wakeup().value(), 100).value();
  for (const auto& wakeup : wakeups) add(wakeup.key.position.value());
  add(reference_.circuits_text(now));
  add(reference_.is_subscribed() + 2 * reference_.is_halted());
  for (const auto& id : reference_.accepted())
    if (reference_.may_fan_out(id)) add(id);
  add("|");
  for (const auto& id : given_)
    if (!reference_.knows(id)) add(id);
  add(given_.size());
  add(mail_arrivals_.size());
  if (elsewhere_ != nullptr)
    for (const auto& id : followed_)
      add(std::find_if(reference_.events().begin(), reference_.events().end(),
                       [&](const auto& event) { return event.line.id == id; }) -
          reference_.events().begin());
  add(stopping_ + 2 * aborted_ + 4 * (elsewhere_ != nullptr) + 8 * static_cast<int>(options_.orphans));
  for (const Act act :
       {Act::crash, Act::stop, Act::pause, Act::release, Act::fail, Act::give_up, Act::throttle, Act::abort,
        Act::arrive_elsewhere, Act::fan_out, Act::halt, Act::move, Act::remove, Act::replay}) {
    if (act == Act::crash)
      add(times({Act::crash, Act::crash_hold, Act::inherit}));
    else if (act == Act::release)
      add(times_of_operators());
    else if (act == Act::fail)
      add(times({Act::fail, Act::time_out}));
    else
      add(times({act}));
  }
  const std::size_t from = lately_.size() - std::min(lately_.size(), bounds.memory);
  if (from == 0) add("whole");
  for (std::size_t i = from; i < lately_.size(); ++i) add(lately_[i]);
  return print;
}

}  // namespace dispatch::test

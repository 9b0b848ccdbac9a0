#include "unit/flow/model/reference.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace dispatch::test {

using enum DeliveryState;

namespace {

bool same_content(const Line& known, const std::optional<std::int64_t>& number, const Line& line) {
  return known.entity == line.entity && known.url == line.url && known.payload == line.payload &&
         (!line.sequence || !number || number == line.sequence);
}

bool same_lane(const Reference::Event& one, const Reference::Event& other) {
  return !one.line.entity.empty() && one.line.entity == other.line.entity &&
         one.subscribed == other.subscribed && (one.subscribed || one.url == other.url) &&
         one.generation == other.generation;
}

}  // namespace

std::string Reference::name_of(std::string_view event, bool subscribed, std::int64_t generation) {
  return fmt::format("{}{}{}", event, subscribed ? ">" : "",
                     generation > 0 ? fmt::format("#{}", generation) : std::string{});
}

Reference::Event* Reference::at(const std::string& name) {
  const auto found =
      std::find_if(events_.begin(), events_.end(), [&](const Event& event) { return event.name == name; });
  return found == events_.end() ? nullptr : &*found;
}

const Reference::Event* Reference::find(const std::string& name) const {
  return const_cast<Reference*>(this)->at(name);
}

bool Reference::knows(const std::string& id) const {
  return std::find(accepted_.begin(), accepted_.end(), id) != accepted_.end();
}

// --- Accepting

Reference::Verdict Reference::accept(const Line& line) {
  if (const auto known = contents_.find(line.id); known != contents_.end())
    return same_content(known->second.line, known->second.number, line) ? Verdict::duplicate
                                                                        : Verdict::rejected;
  if (line.url.empty() && !subscribed_ && !rules_.subscribed_later) return Verdict::rejected;
  const auto deliver = [&](std::optional<std::int64_t> number) {
    accepted_.push_back(line.id);
    const Accepted& event = contents_[line.id] = {line, number};
    if (!line.url.empty()) {
      events_.push_back({.name = line.id, .line = line, .url = line.url, .number = number});
    }
    if (subscribed_) add_subscribed(event);
    return Verdict::accepted;
  };
  if (line.entity.empty()) return deliver({});
  const auto seen = streams_.find(line.entity);
  Stream stream;
  if (seen != streams_.end()) stream = seen->second;
  stream.first = start_with(seen == streams_.end() ? nullptr : &seen->second, line);
  const std::int64_t next = stream.numbers.empty() ? stream.first : *stream.numbers.rbegin() + 1;
  const std::int64_t number = line.sequence.value_or(next);
  if (number < stream.first || stream.numbers.contains(number) || stream.skipped.contains(number))
    return Verdict::rejected;
  stream.numbers.insert(number);
  streams_[line.entity] = std::move(stream);
  if (rules_.start.gaps == journal::Gaps::ignore)
    for (const auto gone : missing(line.entity)) streams_.at(line.entity).skipped.insert(gone);
  return deliver(number);
}

bool Reference::is_unsent(const std::string& entity) const {
  return std::all_of(events_.begin(), events_.end(), [&](const Event& event) {
    return event.line.entity != entity || (event.state == pending && event.attempts == 0);
  });
}

std::int64_t Reference::start_with(const Stream* known, const Line& line) const {
  const bool first_seen = rules_.start.rule == journal::StreamStart::Rule::first;
  if (known == nullptr) {
    if (first_seen) return line.sequence.value_or(1);
    return line.sequence == 0 ? 0 : 1;
  }
  const bool lower = line.sequence && *line.sequence < known->first;
  const bool allowed = first_seen || (known->first == 1 && line.sequence == 0);
  return lower && allowed && is_unsent(line.entity) ? *line.sequence : known->first;
}

void Reference::add_subscribed(const Accepted& event) {
  events_.push_back({.name = name_of(event.line.id, true, 0),
                     .line = event.line,
                     .url = url_,
                     .subscribed = true,
                     .number = event.number});
}

std::set<std::int64_t> Reference::missing(const std::string& entity) const {
  std::set<std::int64_t> missing;
  const auto stream = streams_.find(entity);
  if (stream == streams_.end()) return missing;
  const auto& [first, numbers, skipped] = stream->second;
  for (std::int64_t number = first; number < *numbers.rbegin(); ++number)
    if (!numbers.contains(number) && !skipped.contains(number)) missing.insert(number);
  return missing;
}

const std::set<std::int64_t>& Reference::skipped(const std::string& entity) const {
  static const std::set<std::int64_t> none;
  const auto stream = streams_.find(entity);
  return stream == streams_.end() ? none : stream->second.skipped;
}

bool Reference::has_gap(const std::string& entity) const {
  return !missing(entity).empty();
}

std::optional<std::pair<std::int64_t, std::int64_t>> Reference::skip_gap(const std::string& entity) {
  const auto open = missing(entity);
  if (open.empty()) return std::nullopt;
  Stream& stream = streams_.at(entity);
  const std::int64_t first = *open.begin();
  std::int64_t last = first;
  while (open.contains(last + 1)) ++last;
  for (std::int64_t number = first; number <= last; ++number) stream.skipped.insert(number);
  return std::pair{first, last};
}

// --- Whose turn it is

bool Reference::has_turn(const Event& event) const {
  if (event.line.entity.empty()) return true;
  const auto open = missing(event.line.entity);
  if (!open.empty() && *open.begin() < *event.number) return false;
  return std::none_of(events_.begin(), events_.end(), [&](const Event& other) {
    return same_lane(event, other) && *other.number < *event.number && !other.done();
  });
}

/// A lane is serial, also where something comes below what is under way.
bool Reference::lane_is_busy(const Event& event) const {
  return std::any_of(events_.begin(), events_.end(), [&](const Event& other) {
    return &other != &event && other.state == in_flight && same_lane(event, other);
  });
}

bool Reference::waits_for_resume(const Event& event) const {
  return event.subscribed && halted_ && !event.done() && event.state != in_flight;
}

bool Reference::may_go(const Event& event, WallTime now) const {
  const bool ready = event.state == pending || (event.state == retry_wait && event.due <= now);
  if (!ready || !has_turn(event) || lane_is_busy(event) || waits_for_resume(event)) return false;
  if (is_held(event.url, now)) return false;
  switch (circuit(event.url, now)) {
    case Circuit::State::closed:
      return true;
    case Circuit::State::half_open:
      return !probing(event.url);
    case Circuit::State::open:
      break;
  }
  return false;
}

bool Reference::moves(const Event& event, WallTime now) const {
  if (event.state == in_flight) return true;
  if (waits_for_resume(event)) return false;
  if (event.state == retry_wait && event.due > now) return true;
  return (event.state == retry_wait || event.state == pending) && has_turn(event);
}

bool Reference::stuck(const Event& event) const {
  if (event.done()) return false;
  if (waits_for_resume(event)) return true;
  if (event.state == dead_letter) return true;
  if (event.state == in_flight || event.line.entity.empty()) return false;
  // What comes first in the lane, itself or another, can it move?
  const Event* head = &event;
  for (const Event& other : events_)
    if (same_lane(event, other) && !other.done() && *other.number < *head->number) head = &other;
  if (head->state == dead_letter) return true;
  const auto open = missing(event.line.entity);
  return !open.empty() && *open.begin() < *event.number;
}

std::pair<std::size_t, std::size_t> Reference::committed(const Event& event) const {
  std::size_t at_host = 0, in_all = 0;
  for (const Event& other : events_) {
    if (other.state != in_flight) continue;
    ++in_all;
    at_host += host_of(other.url) == host_of(event.url);
  }
  return {at_host, in_all};
}

std::optional<WallTime> Reference::next_due(WallTime now) const {
  std::optional<WallTime> next;
  const auto wait = [&](WallTime until) {
    if (until > now && (!next || until < *next)) next = until;
  };
  for (const Event& event : events_) {
    if (waits_for_resume(event)) continue;
    if (event.state == retry_wait) wait(event.due);
    if (moves(event, now) && event.state != in_flight && circuit(event.url, now) == Circuit::State::open)
      wait(circuits_.at(event.url).since + rules_.breaker->open_for);
    if (moves(event, now) && event.state != in_flight && is_held(event.url, now)) wait(holds_.at(event.url));
  }
  return next;
}

std::int64_t Reference::count(DeliveryState state) const {
  return std::count_if(events_.begin(), events_.end(),
                       [&](const Event& event) { return event.state == state; });
}

// --- Circuits

Reference::Circuit::State Reference::circuit(const std::string& url, WallTime now) const {
  const auto found = circuits_.find(url);
  if (found == circuits_.end()) return Circuit::State::closed;
  const Circuit& circuit = found->second;
  const bool over = circuit.state == Circuit::State::open && now - circuit.since >= rules_.breaker->open_for;
  return over ? Circuit::State::half_open : circuit.state;
}

bool Reference::probing(const std::string& url) const {
  return std::any_of(events_.begin(), events_.end(), [&](const Event& event) {
    return event.state == in_flight && event.probe && event.url == url;
  });
}

bool Reference::is_held(const std::string& url, WallTime now) const {
  const auto found = holds_.find(url);
  return found != holds_.end() && found->second > now;
}

void Reference::learn(const Event& event, Answer how, WallTime now) {
  if (event.subscribed && !subscribed_) return;
  if (how == Answer::throttled) {
    holds_[event.url] = std::max(holds_[event.url], now + rules_.retry_after);
    in_trouble(event.url);
  }
  if (!rules_.breaker || how == Answer::unknown || how == Answer::withdrawn || how == Answer::throttled)
    return;
  Circuit& circuit = circuits_[event.url];
  const bool up = how == Answer::success || how == Answer::hopeless;
  const auto now_is = this->circuit(event.url, now);
  if (now_is == Circuit::State::closed) {
    circuit.failures = up ? 0 : circuit.failures + 1;
    if (circuit.failures >= rules_.breaker->failures) trip(event.url, now);
  } else if (event.probe && !up) {
    trip(event.url, now);
  } else if (event.probe && ++circuit.successes >= rules_.breaker->successes) {
    circuit = {};
  }
}

/// What an operator wanted to know before is known.
void Reference::trip(const std::string& url, WallTime now) {
  circuits_[url] = {.state = Circuit::State::open, .since = now};
  in_trouble(url);
}

void Reference::in_trouble(const std::string& url) {
  asked_for_.erase(url);
  troubled_since_.insert(url);
}

void Reference::want(const Event& event) {
  asked_for_.insert(event.url);
  present_asked_for_ = present_asked_for_ || event.subscribed;
  troubled_since_.clear();
}

std::string Reference::circuits_text(WallTime now) const {
  std::string text;
  for (const auto& [url, circuit] : circuits_) {
    const auto state = this->circuit(url, now);
    const auto left = state == Circuit::State::open ? circuit.since + rules_.breaker->open_for - now
                                                    : std::chrono::microseconds{0};
    text += fmt::format("{} {} {} {} {};", url, static_cast<int>(state), circuit.failures, circuit.successes,
                        left.count());
  }
  for (const auto& [url, until] : holds_)
    if (until > now) text += fmt::format("{} held for {};", url, (until - now).count());
  return text;
}

void Reference::ask(const std::string& url, WallTime now) {
  if (is_held(url, now)) holds_[url] = now;
  open_half(url);
}

/// An open circuit becomes half-open.
void Reference::open_half(const std::string& url) {
  const auto found = circuits_.find(url);
  if (found != circuits_.end() && found->second.state == Circuit::State::open)
    found->second = {.state = Circuit::State::half_open};
}

void Reference::move(const std::string& url) {
  url_ = url;
  for (Event& event : events_)
    if (event.subscribed && !event.done() && event.state != in_flight) event.url = url;
}

void Reference::look_around(WallTime now) {
  if (seen_halted_ && !halted_ && subscribed_) open_half(url_);
  seen_halted_ = halted_;
  for (const auto& url : std::exchange(asked_for_, {})) ask(url, now);
  if (std::exchange(present_asked_for_, false) && !troubled_since_.contains(url_)) ask(url_, now);
}

// --- What happens to a delivery

Reference::Complaint Reference::begin(const std::string& id, WallTime now) {
  Event* event = at(id);
  if (event == nullptr) return fmt::format("{} was sent and is not accepted", id);
  if (event->state == retry_wait && event->due > now)
    return fmt::format("{} was sent before its retry was due", id);
  if (event->state != pending && event->state != retry_wait)
    return fmt::format("{} was sent although it is {}", id, to_string(event->state));
  if (!has_turn(*event)) return fmt::format("{} was sent before its turn", id);
  if (lane_is_busy(*event)) return fmt::format("{} was sent while another of its lane is under way", id);
  if (waits_for_resume(*event)) return fmt::format("{} was sent while its subscription is paused", id);
  if (is_held(event->url, now)) return fmt::format("{} was sent although its URL has asked for time", id);
  const auto circuit_is = circuit(event->url, now);
  if (circuit_is == Circuit::State::open) return fmt::format("{} was sent through an open circuit", id);
  if (circuit_is == Circuit::State::half_open && probing(event->url))
    return fmt::format("{} was sent while a circuit is half-open and probed", id);
  event->probe = circuit_is == Circuit::State::half_open;
  event->state = in_flight;
  ++event->attempts;
  const auto [at_host, in_all] = committed(*event);
  if (at_host > rules_.per_host + rules_.ahead) return fmt::format("{} is beyond the limit of its host", id);
  if (in_all > rules_.workers + rules_.ahead) return fmt::format("{} is beyond the limit of the run", id);
  return std::nullopt;
}

Reference::Complaint Reference::end(const std::string& id, Answer how, journal::Orphans orphans,
                                    WallTime now) {
  Event* event = at(id);
  if (event == nullptr || event->state != in_flight)
    return fmt::format("{} came to an end and is not in flight", id);
  const unsigned failures = event->attempts - event->forgiven;
  learn(*event, how, now);
  event->probe = false;
  if (event->subscribed) event->url = url_;
  if (event->subscribed && !subscribed_ && how != Answer::success) {  // nobody wants it any more
    event->forgiven += how == Answer::unknown || how == Answer::withdrawn || how == Answer::throttled;
    event->state = failed;
    return std::nullopt;
  }
  switch (how) {
    case Answer::success:
      event->state = completed;
      return std::nullopt;
    case Answer::hopeless:
      event->state = dead_letter;
      return std::nullopt;
    case Answer::unknown:
      ++event->forgiven;
      event->state = orphans == journal::Orphans::retry ? retry_wait : dead_letter;
      event->due = now;
      return std::nullopt;
    case Answer::throttled:
      ++event->forgiven;
      event->state = retry_wait;
      event->due = now + rules_.retry_after;
      return std::nullopt;
    case Answer::withdrawn:
      ++event->forgiven;
      event->state = retry_wait;
      event->due = now;
      return std::nullopt;
    case Answer::failure:
    case Answer::timeout:
      break;
  }
  event->state = failures < rules_.attempts ? retry_wait : dead_letter;
  event->due = now + rules_.backoff * (1 << (failures - 1));
  return std::nullopt;
}

void Reference::recover(journal::Orphans orphans, WallTime now) {
  for (Event& event : events_)
    if (event.state == in_flight) end(event.name, Answer::unknown, orphans, now);
  for (auto& [url, circuit] : circuits_) circuit.failures = circuit.successes = 0;
  seen_halted_ = halted_;
  // What the journal let go at once; that a URL came after that, the new owner does not know.
  for (const auto& url : std::exchange(asked_for_, {})) ask(url, now);
  present_asked_for_ = false;
}

std::int64_t Reference::release(const std::string& id) {
  std::int64_t count = 0;
  for (Event& event : events_) {
    if (event.line.id != id || event.state != dead_letter) continue;
    event.state = pending;
    event.forgiven = event.attempts;
    want(event);
    ++count;
  }
  return count;
}

std::int64_t Reference::discard(const std::string& id) {
  std::int64_t count = 0;
  for (Event& event : events_) {
    if (event.line.id != id || event.state != dead_letter) continue;
    event.state = failed;
    ++count;
  }
  return count;
}

// --- What happens to the subscription

bool Reference::may_fan_out(const std::string& id) const {
  return subscribed_ && knows(id) && find(name_of(id, true, 0)) == nullptr;
}

std::vector<std::string> Reference::fan_out(const std::string& from) {
  std::vector<std::string> meant;
  for (auto id = std::find(accepted_.begin(), accepted_.end(), from); id != accepted_.end(); ++id) {
    if (!may_fan_out(*id)) continue;
    add_subscribed(contents_.at(*id));
    meant.push_back(*id);
  }
  return meant;
}

std::int64_t Reference::remove() {
  subscribed_ = halted_ = seen_halted_ = false;
  circuits_.erase(rules_.subscribed);
  circuits_.erase(url_);
  std::int64_t count = 0;
  for (Event& event : events_) {
    if (!event.subscribed || event.done() || event.state == in_flight) continue;
    event.state = failed;
    ++count;
  }
  return count;
}

bool Reference::may_replay(const Event& event) const {
  if (!event.done() || (event.subscribed && !subscribed_)) return false;
  return std::none_of(events_.begin(), events_.end(), [&](const Event& other) {
    return other.line.id == event.line.id && other.subscribed == event.subscribed &&
           other.generation > event.generation;
  });
}

std::int64_t Reference::cancel(const std::string& name) {
  Event& event = *at(name);
  if (event.state != pending && event.state != retry_wait) return 0;
  event.state = failed;
  return 1;
}

std::int64_t Reference::retry_now(const std::string& name, WallTime now) {
  Event& event = *at(name);
  if (event.state != pending && event.state != retry_wait) return 0;
  event.due = std::min(event.due, now);
  want(event);
  return 1;
}

void Reference::replay(const std::string& name) {
  const Event& old = *at(name);
  Event made{.name = name_of(old.line.id, old.subscribed, ++generations_),
             .line = old.line,
             .url = old.subscribed ? url_ : old.url,
             .subscribed = old.subscribed,
             .generation = generations_,
             .number = old.number};
  events_.push_back(std::move(made));
}

}  // namespace dispatch::test

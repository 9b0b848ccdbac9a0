#include "flow/model/reference.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace dispatch::test {

using enum DeliveryState;

namespace {

bool same_content(const Reference::Event& event, const Line& line) {
  return event.line.entity == line.entity && event.line.url == line.url &&
         event.line.payload == line.payload &&
         (!line.sequence || !event.number || event.number == line.sequence);
}

bool same_lane(const Reference::Event& one, const Reference::Event& other) {
  return !one.line.entity.empty() && one.line.entity == other.line.entity && one.line.url == other.line.url;
}

}  // namespace

Reference::Event* Reference::at(const std::string& id) {
  const auto found =
      std::find_if(events_.begin(), events_.end(), [&](const Event& event) { return event.line.id == id; });
  return found == events_.end() ? nullptr : &*found;
}

const Reference::Event* Reference::find(const std::string& id) const {
  return const_cast<Reference*>(this)->at(id);
}

// --- Accepting

Reference::Verdict Reference::accept(const Line& line) {
  if (const Event* known = find(line.id); known != nullptr)
    return same_content(*known, line) ? Verdict::duplicate : Verdict::rejected;
  if (line.entity.empty()) {
    events_.push_back({.line = line, .number = {}});
    return Verdict::accepted;
  }
  Stream stream;
  if (const auto seen = streams_.find(line.entity); seen != streams_.end())
    stream = seen->second;
  else
    stream.first = line.sequence == 0 ? 0 : 1;
  const std::int64_t next = stream.numbers.empty() ? stream.first : *stream.numbers.rbegin() + 1;
  const std::int64_t number = line.sequence.value_or(next);
  if (number < stream.first || stream.numbers.contains(number) || stream.skipped.contains(number))
    return Verdict::rejected;
  stream.numbers.insert(number);
  streams_[line.entity] = std::move(stream);
  events_.push_back({.line = line, .number = number});
  return Verdict::accepted;
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

bool Reference::may_go(const Event& event, WallTime now) const {
  const bool ready = event.state == pending || (event.state == retry_wait && event.due <= now);
  return ready && has_turn(event);
}

bool Reference::stuck(const Event& event) const {
  if (event.done()) return false;
  if (event.state == dead_letter) return true;
  if (event.state != pending || event.line.entity.empty()) return false;
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
    at_host += host_of(other.line.url) == host_of(event.line.url);
  }
  return {at_host, in_all};
}

std::optional<WallTime> Reference::next_due(WallTime now) const {
  std::optional<WallTime> next;
  for (const Event& event : events_)
    if (event.state == retry_wait && event.due > now && (!next || event.due < *next)) next = event.due;
  return next;
}

std::int64_t Reference::count(DeliveryState state) const {
  return std::count_if(events_.begin(), events_.end(),
                       [&](const Event& event) { return event.state == state; });
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
    if (event.state == in_flight) end(event.line.id, Answer::unknown, orphans, now);
}

bool Reference::release(const std::string& id) {
  Event* event = at(id);
  if (event == nullptr || event->state != dead_letter) return false;
  event->state = pending;
  event->forgiven = event->attempts;
  return true;
}

bool Reference::discard(const std::string& id) {
  Event* event = at(id);
  if (event == nullptr || event->state != dead_letter) return false;
  event->state = failed;
  return true;
}

}  // namespace dispatch::test

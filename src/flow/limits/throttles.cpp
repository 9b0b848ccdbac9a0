#include "flow/limits/throttles.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <utility>
#include <vector>

namespace dispatch::flow {

using policy::Throttle;

namespace {

constexpr std::chrono::seconds tidy_every{1};
/// More of those that were down are not spared.
constexpr std::size_t spared_most = 20'000;

}  // namespace

Result<> Throttles::load(journal::Journal& journal, std::chrono::microseconds hold_most, WallTime now,
                         SteadyTime steady) {
  DISPATCH_ASSIGN(const auto rows, journal.throttles());
  for (const auto& row : rows) {
    const Throttle::Kept kept{static_cast<double>(row.millihertz) / 1'000, row.doubles};
    const auto hold = std::min<std::chrono::microseconds>(row.hold_until - now, hold_most);
    if (hold < row.hold_until - now) changed_.insert(row.destination);  // the clock was set back
    auto throttle = Throttle::from(kept, steady, steady + hold);
    if (throttle.limits(steady))
      throttles_.emplace(row.destination, throttle);
    else
      changed_.insert(row.destination);
  }
  return {};
}

void Throttles::throttled(DestinationNo destination, SteadyTime left, SteadyTime steady, SteadyTime until) {
  policy::Throttle& throttle = throttles_[destination];
  if (slowly_)
    throttle.throttled(left, steady, until);
  else
    throttle.hold(until);
  changed_.insert(destination);
}

void Throttles::answered(DestinationNo destination, SteadyTime left, SteadyTime steady) {
  const auto found = throttles_.find(destination);
  if (found == throttles_.end()) return;
  const auto before = found->second.kept();
  found->second.answered(left, steady);
  if (found->second.kept() == before) return;
  changed_.insert(destination);
  if (!found->second.limits(steady)) throttles_.erase(found);
}

void Throttles::start_slowly(DestinationNo destination, SteadyTime steady) {
  if (!slowly_ || throttles_.size() >= spared_most) return;
  throttles_[destination].start_slowly(steady);
  changed_.insert(destination);
}

void Throttles::release(DestinationNo destination, SteadyTime steady) {
  const auto found = throttles_.find(destination);
  if (found == throttles_.end() || found->second.hold_until() <= steady) return;
  found->second.release(steady);
  changed_.insert(destination);
}

void Throttles::forget(DestinationNo destination) {
  if (throttles_.erase(destination) > 0) changed_.insert(destination);
}

void Throttles::clock_set() {
  for (const auto& [destination, throttle] : throttles_) changed_.insert(destination);
}

void Throttles::tidy(SteadyTime steady) {
  if (throttles_.empty() || steady < tidied_at_ + tidy_every) return;
  tidied_at_ = steady;
  for (auto place = throttles_.begin(); place != throttles_.end();) {
    auto& [destination, throttle] = *place;
    throttle.tidy(steady);
    if (throttle.limits(steady)) {
      ++place;
      continue;
    }
    changed_.insert(destination);
    place = throttles_.erase(place);
  }
}

Result<> Throttles::save(journal::Transaction& transaction, WallTime now, SteadyTime steady) {
  if (changed_.empty()) return {};
  std::vector<journal::ThrottleRow> changed;
  std::vector<DestinationNo> over;
  for (const DestinationNo destination : std::exchange(changed_, {})) {
    const Throttle* throttle = find(destination);
    if (throttle == nullptr) {
      over.push_back(destination);
      continue;
    }
    const auto kept = throttle->kept();
    const auto hold = std::max(throttle->hold_until(), steady) - steady;
    changed.push_back({.destination = destination,
                       .hold_until = now + std::chrono::ceil<std::chrono::microseconds>(hold),
                       .millihertz = std::llround(kept.per_second * 1'000),
                       .doubles = kept.doubles});
  }
  return transaction.save_throttles(changed, over);
}

}  // namespace dispatch::flow

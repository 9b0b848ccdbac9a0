#include "policy/pace.hpp"

#include <algorithm>
#include <iterator>
#include <limits>

namespace dispatch::policy {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

constexpr nanoseconds lag_most = 250ms;
/// A request that leaves late by no more than this does not delay those after it: timers wake up late, and a
/// commit takes its time.
constexpr nanoseconds lateness_most = 50ms;

}  // namespace

nanoseconds Pace::interval() const {
  if (!rate_) return slowed_to_;
  const nanoseconds per = rate_->per;
  return std::max(slowed_to_, (per + nanoseconds{rate_->count - 1}) / rate_->count);
}

nanoseconds Pace::lag() const {
  return rate_ ? std::min<nanoseconds>(lag_most, nanoseconds{rate_->per} / 4) : nanoseconds{0};
}

SteadyTime Pace::next_slot(SteadyTime now) const {
  return first_slot(now) + interval() * static_cast<std::int64_t>(reserved_);
}

SteadyTime Pace::first_slot(SteadyTime now) const {
  const SteadyTime spaced = slot_ == SteadyTime::min() ? slot_ : slot_ + interval();
  return std::max(spaced + lateness_most < now ? now : spaced, floor_);
}

/// Of those that left and those that are answered, how many count at `now`.
std::size_t Pace::counted(SteadyTime now) const {
  const auto past = std::upper_bound(arrived_.begin(), arrived_.end(), now - rate_->per);
  const auto silent = under_way_.upper_bound(now - lag() - rate_->per);
  const auto counted = static_cast<std::size_t>(arrived_.end() - past);
  return counted + (silent == under_way_.begin()
                        ? under_way_.size()
                        : static_cast<std::size_t>(std::distance(silent, under_way_.end())));
}

/// How many more the receiver may count at `now`, by the rate.
std::size_t Pace::free(SteadyTime now) const {
  if (!rate_) return std::numeric_limits<std::size_t>::max();
  const std::size_t taken = counted(now);
  return taken < rate_->count ? rate_->count - taken : 0;
}

std::size_t Pace::allowance(SteadyTime now, SteadyTime by) const {
  const SteadyTime first = first_slot(now);
  if (first > by) return 0;
  const auto spacing = interval();
  const std::size_t slots = spacing.count() == 0 ? std::numeric_limits<std::size_t>::max()
                                                 : static_cast<std::size_t>((by - first) / spacing) + 1;
  const std::size_t most = std::min(slots, free(now));
  return most > reserved_ ? most - reserved_ : 0;
}

/// When the first of those that count at `now` does so no more; there is one.
SteadyTime Pace::window_frees(SteadyTime now) const {
  SteadyTime frees = SteadyTime::max();
  const auto first = std::upper_bound(arrived_.begin(), arrived_.end(), now - rate_->per);
  if (first != arrived_.end()) frees = *first + rate_->per;
  const auto silent = under_way_.upper_bound(now - lag() - rate_->per);
  if (silent != under_way_.end()) frees = std::min(frees, *silent + lag() + rate_->per);
  return frees;
}

std::optional<SteadyTime> Pace::next(SteadyTime now, nanoseconds ahead) const {
  if (free(now) <= reserved_) {
    if (counted(now) == 0) return std::nullopt;
    return window_frees(now);
  }
  // The slot of the one after those let through, or the next after one that is due already.
  SteadyTime slot = next_slot(now);
  const auto spacing = interval();
  if (slot <= now + ahead) {
    if (spacing.count() == 0) return std::nullopt;
    slot += spacing * ((now + ahead - slot) / spacing + 1);
  }
  return slot - ahead;
}

SteadyTime Pace::may_leave(SteadyTime now) const {
  if (const SteadyTime slot = first_slot(now); slot > now) return slot;
  return free(now) > 0 ? now : window_frees(now);
}

void Pace::leave(SteadyTime now) {
  give_back();
  forget(now);
  slot_ = first_slot(now);
  if (rate_) under_way_.insert(now);
}

void Pace::arrived(SteadyTime left, SteadyTime now) {
  forget(now);
  const auto found = under_way_.find(left);
  if (found == under_way_.end()) return;
  under_way_.erase(found);
  add_arrival(now);
}

void Pace::add_arrival(SteadyTime moment) {
  arrived_.insert(std::upper_bound(arrived_.begin(), arrived_.end(), moment), moment);
}

void Pace::forget(SteadyTime now) {
  if (!rate_) {
    under_way_.clear();
    arrived_.clear();
    return;
  }
  while (!under_way_.empty() && *under_way_.begin() + lag() <= now) {
    add_arrival(*under_way_.begin() + lag());
    under_way_.erase(under_way_.begin());
  }
  while (!arrived_.empty() && arrived_.front() + rate_->per <= now) arrived_.pop_front();
}

bool Pace::empty(SteadyTime now) const {
  return reserved_ == 0 && first_slot(now) <= now && (!rate_ || counted(now) == 0);
}

}  // namespace dispatch::policy

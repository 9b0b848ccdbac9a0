#include "policy/throttle.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace dispatch::policy {
namespace {

using namespace std::chrono_literals;

constexpr double first_rate = 1;
constexpr double least_rate = 1.0 / 16;
constexpr double most_rate = 1'000;
constexpr double step = 1;
constexpr auto round_length = 1s;
constexpr auto forgotten_after = 10min;
/// So much of the rate must have been used in a round for it to grow.
constexpr double used_share = 0.5;
constexpr unsigned rounds_below = 10;
/// A round of slower ones takes long: they are tried again at once.
constexpr double careful_from = 2;

}  // namespace

std::chrono::nanoseconds Throttle::interval() const {
  if (!rate_) return {};
  return std::chrono::nanoseconds{static_cast<std::int64_t>(std::ceil(1e9 / *rate_))};
}

void Throttle::change(double per_second, bool doubles, SteadyTime from) {
  rate_ = per_second;
  doubles_ = doubles;
  round_began_ = from;
  answers_ = 0;
}

void Throttle::throttled(SteadyTime left, SteadyTime now, SteadyTime until) {
  hold_until_ = std::max(hold_until_, until);
  throttled_at_ = now;
  const SteadyTime from = std::max(now, hold_until_);
  if (!rate_) {
    change(first_rate, true, from);
  } else if (left < slowed_at_) {
    change(*rate_, doubles_, from);
    return;
  } else if (!taken_) {  // it takes nothing at all for now, however slowly it comes
    change(*rate_, doubles_, from);
  } else {
    too_fast_ = *rate_;
    rounds_below_ = 0;
    change(std::max(*rate_ / 2, least_rate), false, from);
  }
  slowed_at_ = now;
  taken_ = false;
}

void Throttle::answered(SteadyTime left, SteadyTime now) {
  if (!rate_ || left < round_began_) return;
  taken_ = true;
  const auto length = std::max<std::chrono::nanoseconds>(round_length, interval());
  if (answers_ < used_share * *rate_ && left - round_began_ > length) {  // it was not used: another round
    round_began_ = left;
    answers_ = 1;
    return;
  }
  ++answers_;
  if (now - round_began_ < round_length || answers_ < used_share * *rate_) return;
  grow(now);
  tidy(now);
}

void Throttle::grow(SteadyTime now) {
  const double next = doubles_ || *rate_ < step ? *rate_ * 2 : *rate_ + step;
  const bool careful = too_fast_ && *too_fast_ > careful_from;
  if (careful && next >= *too_fast_ && ++rounds_below_ < rounds_below) {
    change(*rate_, doubles_, now);
    return;
  }
  if (too_fast_ && *rate_ >= *too_fast_) too_fast_.reset();
  change(next, doubles_, now);
}

void Throttle::start_slowly(SteadyTime now) {
  if (rate_ && *rate_ <= first_rate) return;
  change(first_rate, true, now);
  slowed_at_ = throttled_at_ = now;
}

void Throttle::release(SteadyTime now) {
  hold_until_ = std::min(hold_until_, now);
  round_began_ = std::min(round_began_, now);
}

void Throttle::tidy(SteadyTime now) {
  if (!rate_) return;
  // What was held back for long starts slowly all the same.
  const bool forgotten = now - std::max(throttled_at_, hold_until_) >= forgotten_after;
  if (forgotten || *rate_ >= most_rate) rate_.reset();
}

Throttle Throttle::from(const Kept& kept, SteadyTime now, SteadyTime hold_until) {
  Throttle throttle;
  throttle.hold_until_ = hold_until;
  if (kept.per_second <= 0) return throttle;
  throttle.slowed_at_ = throttle.throttled_at_ = now;
  throttle.taken_ = true;
  throttle.change(std::clamp(kept.per_second, least_rate, most_rate), kept.doubles,
                  std::max(now, hold_until));
  return throttle;
}

}  // namespace dispatch::policy

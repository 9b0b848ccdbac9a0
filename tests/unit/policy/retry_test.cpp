#include "policy/retry.hpp"

#include "base/clock.hpp"

#include <random>

#include <doctest/doctest.h>

using namespace dispatch::policy;
using namespace std::chrono_literals;

TEST_CASE("backoff doubles from one second to sixty and stays there") {
  const RetryPolicy policy;
  CHECK(backoff(policy, 1, 0, {}) == 1s);
  CHECK(backoff(policy, 2, 0, {}) == 2s);
  CHECK(backoff(policy, 3, 0, {}) == 4s);
  CHECK(backoff(policy, 4, 0, {}) == 8s);
  CHECK(backoff(policy, 7, 0, {}) == 60s);
  CHECK(backoff(policy, 4'000'000'000u, 0, {}) == 60s);
}

TEST_CASE("jitter adds at most its share") {
  const RetryPolicy policy;
  CHECK(backoff(policy, 1, 0.5, {}) == 1050ms);
  CHECK(backoff(policy, 4, 0.999999, {}) <= 8800ms);
  CHECK(backoff(policy, 4, 0.999999, {}) > 8799ms);
}

TEST_CASE("a Retry-After is a floor and has a ceiling") {
  const RetryPolicy policy;
  CHECK(backoff(policy, 1, 0, 30s) == 30s);
  CHECK(backoff(policy, 4, 0, 1s) == 8s);
  CHECK(backoff(policy, 1, 0, 48h) == 1h);
}

TEST_CASE("no wait of ten thousand random policies is under its Retry-After or over its cap") {
  std::mt19937_64 engine{20260301};
  std::uniform_int_distribution<std::int64_t> us{0, 600'000'000};
  std::uniform_real_distribution<double> share{0, 1};
  for (int i = 0; i < 10'000; ++i) {
    RetryPolicy policy;
    policy.backoff_first = std::chrono::microseconds{us(engine)};
    policy.backoff_most = std::chrono::microseconds{us(engine)};
    policy.jitter = share(engine);
    policy.retry_after_most = std::chrono::microseconds{us(engine) * 10};
    const auto failures = static_cast<unsigned>(engine() % 40 + 1);
    std::optional<std::chrono::microseconds> asked;
    if (engine() % 2 == 0) asked = std::chrono::microseconds{us(engine) * 20};
    const auto wait = backoff(policy, failures, share(engine), asked);
    const auto floor = asked ? std::min(*asked, policy.retry_after_most) : 0us;
    const auto jitter_most = static_cast<double>(policy.backoff_most.count()) * policy.jitter;
    const auto cap = policy.backoff_most + std::chrono::microseconds{static_cast<std::int64_t>(jitter_most)};
    REQUIRE(wait >= floor);
    REQUIRE(wait <= std::max(floor, cap));
  }
}

TEST_CASE("no wait overflows however long the policy and the receiver want it") {
  constexpr auto forever = std::chrono::microseconds::max();
  RetryPolicy policy;
  policy.backoff_first = policy.backoff_most = policy.retry_after_most = forever;
  policy.jitter = 1;
  const auto now = dispatch::WallTime{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};
  for (const unsigned failures : {1u, 2u, 64u}) {
    const auto wait = backoff(policy, failures, 0.999999, forever);
    CHECK(wait == std::chrono::years{1'000});
    CHECK(now + wait > now);
  }
  CHECK(longest_wait(policy) == std::chrono::years{1'000});
  policy.backoff_first = std::chrono::seconds{1};  // which doubles past the longest time that there is
  CHECK(backoff(policy, 64, 0, std::nullopt) == std::chrono::years{1'000});
}

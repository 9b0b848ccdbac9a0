#include "event/delivery_state.hpp"

#include <set>

#include <doctest/doctest.h>

using namespace dispatch;

TEST_CASE("a delivery goes along the arrows of its life and no other") {
  using S = DeliveryState;
  using T = Transition;
  CHECK(next_state(S::pending, T::begin) == S::in_flight);
  CHECK(next_state(S::retry_wait, T::begin) == S::in_flight);
  CHECK(next_state(S::in_flight, T::succeed) == S::completed);
  CHECK(next_state(S::in_flight, T::retry) == S::retry_wait);
  CHECK(next_state(S::in_flight, T::bury) == S::dead_letter);
  CHECK(next_state(S::in_flight, T::exclude) == S::failed);
  CHECK(next_state(S::dead_letter, T::release) == S::pending);
  CHECK(next_state(S::dead_letter, T::discard) == S::failed);
  CHECK(next_state(S::pending, T::give_up) == S::failed);
  CHECK(next_state(S::retry_wait, T::give_up) == S::failed);
  int allowed = 0;
  for (int from = 0; from < 6; ++from)
    for (int by = 0; by < 8; ++by)
      if (next_state(static_cast<S>(from), static_cast<T>(by))) ++allowed;
  CHECK(allowed == 10);
}

TEST_CASE("nothing leads out of a final state and everything else leads on") {
  std::set<DeliveryState> left;
  for (const auto& arrow : delivery_arrows) left.insert(arrow.from);
  for (int i = 0; i < 6; ++i) {
    const auto state = static_cast<DeliveryState>(i);
    CHECK(is_final(state) != left.contains(state));
  }
}

TEST_CASE("state names read back") {
  for (int i = 0; i < 6; ++i) {
    const auto state = static_cast<DeliveryState>(i);
    CHECK(parse_delivery_state(to_string(state)) == state);
  }
  CHECK_FALSE(parse_delivery_state("nonsense"));
}

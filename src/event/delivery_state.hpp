#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace dispatch {

/// The state of a delivery. The numbers are stored in the journal and never change their meaning.
enum class DeliveryState : std::uint8_t {
  pending = 0,      ///< waits for its turn
  in_flight = 1,    ///< the intent is committed; the outcome is not known yet
  retry_wait = 2,   ///< failed, and due again at a stored time; keeps its lane
  dead_letter = 3,  ///< failed; waits for an operator, and blocks its lane
  completed = 4,    ///< a success is recorded; never sent again
  failed = 5,       ///< cancelled, discarded, or excluded by a filter; its lane has moved on
};

/// The transitions between states.
enum class Transition : std::uint8_t {
  begin,    ///< the intent to send is committed
  succeed,  ///< an attempt succeeded
  retry,    ///< an attempt failed or is unknown, and another is allowed
  bury,     ///< an attempt failed, and no other is allowed
  exclude,  ///< the subscription's filter, asked before the request, excludes the event
  release,  ///< an operator sends a dead letter back
  discard,  ///< an operator discards a dead letter
  give_up,  ///< an operator cancelled it, or its subscription was removed, before it was done
};

struct DeliveryArrow {
  DeliveryState from;
  Transition by;
  DeliveryState to;
};

/// The complete life cycle of a delivery. States change only along these arrows.
///
///     pending ──begin──▶ in_flight ──succeed──▶ completed
///        ▲                │  ▲  │
///        │          retry ▼  │  └──bury──▶ dead_letter ──discard──▶ failed
///        │           retry_wait                │
///        └───────────────release───────────────┘
///
///     in_flight ──exclude──▶ failed
///     pending, retry_wait ──give_up──▶ failed
inline constexpr std::array delivery_arrows{
    DeliveryArrow{DeliveryState::pending, Transition::begin, DeliveryState::in_flight},
    DeliveryArrow{DeliveryState::retry_wait, Transition::begin, DeliveryState::in_flight},
    DeliveryArrow{DeliveryState::in_flight, Transition::succeed, DeliveryState::completed},
    DeliveryArrow{DeliveryState::in_flight, Transition::retry, DeliveryState::retry_wait},
    DeliveryArrow{DeliveryState::in_flight, Transition::bury, DeliveryState::dead_letter},
    DeliveryArrow{DeliveryState::in_flight, Transition::exclude, DeliveryState::failed},
    DeliveryArrow{DeliveryState::dead_letter, Transition::release, DeliveryState::pending},
    DeliveryArrow{DeliveryState::dead_letter, Transition::discard, DeliveryState::failed},
    DeliveryArrow{DeliveryState::pending, Transition::give_up, DeliveryState::failed},
    DeliveryArrow{DeliveryState::retry_wait, Transition::give_up, DeliveryState::failed},
};

/// The state after the transition `by`, or nothing if there is no such arrow.
constexpr std::optional<DeliveryState> next_state(DeliveryState from, Transition by) {
  for (const auto& arrow : delivery_arrows)
    if (arrow.from == from && arrow.by == by) return arrow.to;
  return std::nullopt;
}

/// True if the lane can go on past a delivery in this state.
constexpr bool is_final(DeliveryState state) {
  return state == DeliveryState::completed || state == DeliveryState::failed;
}

inline constexpr std::array<std::string_view, 6> delivery_state_names{
    "pending", "in_flight", "retry_wait", "dead_letter", "completed", "failed"};

constexpr std::string_view to_string(DeliveryState state) {
  return delivery_state_names[static_cast<std::size_t>(state)];
}

/// The state with that name, or nothing.
constexpr std::optional<DeliveryState> parse_delivery_state(std::string_view name) {
  for (std::size_t i = 0; i < delivery_state_names.size(); ++i)
    if (delivery_state_names[i] == name) return static_cast<DeliveryState>(i);
  return std::nullopt;
}

}  // namespace dispatch

#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/outcome.hpp"
#include "policy/classify.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace dispatch::policy {

/// When requests to a destination stop because it seems to be down, and how it is probed. A value; every
/// function here is pure.
struct BreakerPolicy {
  unsigned failures = 5;                           ///< in a row open the circuit; at least 1
  std::chrono::microseconds open_for{30'000'000};  ///< nothing is sent; then the circuit is half-open
  unsigned probes = 3;                             ///< requests at a time while half-open; at least 1
  unsigned successes = 3;                          ///< of probes close the circuit; at least 1
};

/// Reads "5/30s/3": failures, time, and probes, of which as many must succeed; or "off", which is nothing.
/// Numbers from 1 to 1,000, the time from 1ms to 24h; anything else is misuse.
Result<std::optional<BreakerPolicy>> parse_breaker(std::string_view text);

/// What the end of an attempt says about its destination.
enum class HealthSignal {
  none,     ///< nothing: not sent, withdrawn, outcome unknown, or throttled
  up,       ///< it answers
  failure,  ///< no answer, a broken one, or one that reports a failure
};

/// Timeouts, connection errors, broken answers, 5xx and 429 are failures, but for those that `meaning` calls
/// throttled; any other answer, and any outcome that `meaning` calls a success, shows that the destination is
/// up.
HealthSignal signal_of(const Outcome& outcome, Meaning meaning);

/// The circuit breaker of one destination.
///
///     closed ──failures in a row──▶ open ──time──▶ half-open ──successes──▶ closed
///                                    ▲                 │
///                                    └──one failure────┘
///
/// Requests that began while it was closed say nothing about it any more once it is open: only probes do.
struct Circuit {
  enum class State { closed, open, half_open };

  State state = State::closed;
  WallTime since{};      ///< of that state; meaningless where closed
  unsigned count = 0;    ///< closed: failures in a row; half-open: probes that succeeded
  unsigned probing = 0;  ///< probes let through that have not ended; in any state

  friend bool operator==(const Circuit&, const Circuit&) = default;
  /// True if it equals a new circuit.
  bool blank() const { return *this == Circuit{State::closed, since, 0, 0}; }
};

/// The circuit at `now`: an open one whose time is over is half-open. A `since` that lies ahead, because the
/// clock was set back, counts as now.
Circuit circuit_at(Circuit circuit, const BreakerPolicy& policy, WallTime now);

/// The circuit after an attempt has ended. `probe`: it was let through as one.
Circuit circuit_after(Circuit circuit, const BreakerPolicy& policy, HealthSignal signal, bool probe,
                      WallTime now);

/// The circuit after an operator asked to try the destination at once: an open one becomes half-open.
Circuit circuit_asked(Circuit circuit, WallTime now);

/// How many probes may be let through; 0 where the circuit is not half-open. Each counts in
/// Circuit::probing from then on until it ends, or is not sent after all.
unsigned probes_allowed(const Circuit& circuit, const BreakerPolicy& policy);

}  // namespace dispatch::policy

#pragma once

#include "base/clock.hpp"
#include "base/error.hpp"
#include "event/outcome.hpp"
#include "policy/classify.hpp"

#include <chrono>
#include <optional>
#include <string_view>

namespace dispatch::policy {

/// When requests to a destination stop because it seems to be down, and how it is probed. A value; all
/// functions here are pure.
struct BreakerPolicy {
  unsigned failures = 5;  ///< consecutive failures that open the circuit; at least 1
  std::chrono::microseconds open_for{
      30'000'000};         ///< how long nothing is sent; then the circuit is half-open
  unsigned probes = 3;     ///< concurrent requests while half-open; at least 1
  unsigned successes = 3;  ///< successful probes that close the circuit; at least 1
};

/// Parses "5/30s/3": failures, open time, and probes (as many must succeed); "off" gives nothing. Numbers
/// from 1 to 1,000, time from 1ms to 24h; anything else is misuse.
Result<std::optional<BreakerPolicy>> parse_breaker(std::string_view text);

/// What the end of an attempt shows about its destination.
enum class HealthSignal {
  none,     ///< nothing: not sent, withdrawn, outcome unknown, or throttled
  up,       ///< it answers
  failure,  ///< no answer, a broken answer, or one that reports a failure
};

/// Failures are: timeouts, connection errors, broken answers, 5xx and 429, except those that `meaning` calls
/// throttled. Any other answer, and any outcome that `meaning` calls a success, shows that the destination is
/// up.
HealthSignal signal_of(const Outcome& outcome, Meaning meaning);

/// The circuit breaker of one destination.
///
///     closed ──failures in a row──▶ open ──time──▶ half-open ──successes──▶ closed
///                                    ▲                 │
///                                    └──one failure────┘
///
/// When the circuit has opened, only probes change it; the ends of requests that began earlier do not count.
struct Circuit {
  enum class State { closed, open, half_open };

  State state = State::closed;
  WallTime since{};      ///< when it entered that state; not used while closed
  unsigned count = 0;    ///< closed: consecutive failures; half-open: successful probes
  unsigned probing = 0;  ///< probes under way; in any state

  friend bool operator==(const Circuit&, const Circuit&) = default;
  /// True if it equals a new circuit.
  bool blank() const { return *this == Circuit{State::closed, since, 0, 0}; }
};

/// The circuit at `now`: an open one becomes half-open when its time is over. A `since` in the future,
/// because the clock was set back, counts as now.
Circuit circuit_at(Circuit circuit, const BreakerPolicy& policy, WallTime now);

/// The circuit after the end of an attempt. `probe`: the attempt was a probe.
Circuit circuit_after(Circuit circuit, const BreakerPolicy& policy, HealthSignal signal, bool probe,
                      WallTime now);

/// The circuit after an operator asked to try the destination at once: an open one becomes half-open.
Circuit circuit_asked(Circuit circuit, WallTime now);

/// How many more probes may start; 0 unless the circuit is half-open. Each counts in Circuit::probing until
/// it ends or turns out not to be sent.
unsigned probes_allowed(const Circuit& circuit, const BreakerPolicy& policy);

}  // namespace dispatch::policy

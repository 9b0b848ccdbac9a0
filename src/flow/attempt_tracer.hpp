#pragma once

#include "base/clock.hpp"
#include "delivery/transport.hpp"
#include "event/outgoing.hpp"
#include "flow/limits/lane.hpp"
#include "flow/observe/attempt_trace.hpp"
#include "journal/rows.hpp"

#include <chrono>
#include <memory>
#include <utility>
#include <vector>

namespace dispatch::flow {

/// Records attempts from their start to their end, for observers. Used by the dispatcher's thread, inside its
/// turn.
class AttemptTracer {
 public:
  /// `transport` is asked for the protocols of attempts.
  explicit AttemptTracer(const delivery::Transport& transport) : transport_(transport) {}

  /// Starts a turn. If `wanted` is false, attempts that start in this turn have no trace.
  void begin_turn(bool wanted);

  /// Returns the trace of an attempt that starts now; null if it has none.
  std::shared_ptr<AttemptTrace> begin(const Item& item, const Outgoing& request, WallTime now);
  void end(const std::shared_ptr<AttemptTrace>& attempt_trace, const journal::Settlement& settlement);

  /// The traces of a turn.
  struct Traces {
    std::vector<std::shared_ptr<AttemptTrace>> begun;
    std::vector<std::shared_ptr<const AttemptTrace>> ended;

    /// Notes that the intents of the attempts begun became durable at `now`; the commit took `commit`.
    void committed(WallTime now, std::chrono::nanoseconds commit) const;
  };
  /// Ends the turn, and returns its traces.
  Traces take_turn() { return std::exchange(traces_, {}); }

 private:
  const delivery::Transport& transport_;
  bool wanted_ = false;
  Traces traces_;
};

}  // namespace dispatch::flow

#pragma once

#include "base/clock.hpp"
#include "delivery/transport.hpp"
#include "event/outgoing.hpp"
#include "flow/limits/lane.hpp"
#include "flow/observe/attempt_trace.hpp"
#include "journal/rows.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <vector>

namespace dispatch::flow {

/// Records attempts from their start to their end, for observers. Used by the dispatcher's thread, inside its
/// turn.
class AttemptTracer {
 public:
  /// `transport` is asked for the protocols of attempts.
  explicit AttemptTracer(const delivery::Transport& transport) : transport_(transport) {}

  /// Starts a turn: drops the attempts that the last turn began and ended. If `wanted` is false, attempts
  /// that start in this turn have no trace.
  void begin_turn(bool wanted);

  /// Returns the trace of an attempt that starts now; null if it has none.
  std::shared_ptr<AttemptTrace> begin(const Item& item, const Outgoing& request, WallTime now);
  /// Notes that the intents of the attempts that the turn started are committed; the commit took `commit`.
  void committed(const Clock& clock, std::chrono::nanoseconds commit);
  void end(const std::shared_ptr<AttemptTrace>& attempt_trace, const journal::Settlement& settlement);

  /// Returns the traces of the attempts that the turn ended.
  std::span<const std::shared_ptr<const AttemptTrace>> ended() const { return ended_; }

 private:
  const delivery::Transport& transport_;
  bool wanted_ = false;
  std::vector<std::shared_ptr<AttemptTrace>> begun_;
  std::vector<std::shared_ptr<const AttemptTrace>> ended_;
};

}  // namespace dispatch::flow

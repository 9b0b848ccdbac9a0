#pragma once

#include "base/clock.hpp"
#include "event/outgoing.hpp"
#include "flow/limits/lane.hpp"
#include "flow/observe/attempt_trace.hpp"
#include "journal/rows.hpp"

#include <chrono>
#include <memory>
#include <span>
#include <vector>

namespace dispatch::flow {

/// Follows attempts from their begin to their end, for who wants to be told. Used by the dispatcher's thread,
/// inside its turn.
class AttemptTracer {
 public:
  /// What the last turn has begun and ended is forgotten. Where they are not `wanted`, attempts that begin in
  /// this turn have none.
  void begin_turn(bool wanted);

  /// That of an attempt that begins now; null where it has none.
  std::shared_ptr<AttemptTrace> begin(const Item& item, const Outgoing& request, WallTime now);
  /// The intents of those that the turn has begun are committed, which took so long.
  void committed(const Clock& clock, std::chrono::nanoseconds commit);
  void end(const std::shared_ptr<AttemptTrace>& attempt_trace, const journal::Settlement& settlement);

  /// Those that the turn has ended.
  std::span<const std::shared_ptr<const AttemptTrace>> ended() const { return ended_; }

 private:
  bool wanted_ = false;
  std::vector<std::shared_ptr<AttemptTrace>> begun_;
  std::vector<std::shared_ptr<const AttemptTrace>> ended_;
};

}  // namespace dispatch::flow

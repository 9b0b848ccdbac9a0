#pragma once

#include "flow/intake/intake.hpp"

#include <cstdint>

namespace dispatch::flow {

/// A run on a journal that another process dispatches: it appends its own events and watches their
/// deliveries. Used by one thread.
class Follower {
 public:
  Follower(const Acceptance& context, Intake& intake, SharedStats& shared_stats);

  /// Appends what has come, in one transaction of a bounded size, which waits for the owner's.
  Result<> turn(Mail mail);

  /// From now on all events of the journal count as own.
  void follow_all();
  /// What is known of the deliveries of this process's own events.
  struct Own {
    bool moving = false;       ///< some can still go on by themselves
    std::int64_t blocked = 0;  ///< the number that cannot; complete only if none is moving
  };
  Result<Own> own();

 private:
  Result<bool> blocked(const journal::DeliveryRow& row);
  Result<bool> paused(SubscriptionNo subscription);

  const Acceptance& context_;
  Intake& intake_;
  SharedStats& shared_stats_;
  bool all_ = false;
};

}  // namespace dispatch::flow

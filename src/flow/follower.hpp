#pragma once

#include "flow/intake/intake.hpp"

#include <cstdint>

namespace dispatch::flow {

/// A run on a journal that another process dispatches: it appends its own events and watches their
/// deliveries. Used by one thread.
class Follower {
 public:
  Follower(const Acceptance& context, Intake& intake, SharedStats& shared_stats);

  /// Appends arrived events in one transaction of bounded size; waits for the owner's transactions.
  Result<> turn(Mail mail);

  /// From now on counts all events of the journal as own.
  void follow_all();
  /// The state of the deliveries of this process's own events.
  struct Own {
    bool moving = false;       ///< true: some can still go on by themselves
    std::int64_t blocked = 0;  ///< number of deliveries that cannot; complete only if `moving` is false
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

#pragma once

#include "flow/observe/observer.hpp"

#include <vector>

namespace dispatch::telemetry {

/// Forwards every call to all observers that were added. Borrows them.
class Observers final : public flow::Observer {
 public:
  void add(flow::Observer& observer) { all_.push_back(&observer); }
  void committed(const flow::CommittedTurn& turn) override;
  bool wants_attempt_traces() const override;
  bool wants_accepted_events() const override;

 private:
  std::vector<flow::Observer*> all_;
};

}  // namespace dispatch::telemetry

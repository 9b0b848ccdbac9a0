#pragma once

#include "flow/limits/host_gate.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace dispatch::flow {

/// The gates of a run. A host has one while lanes lead to it; then another host gets it, so that memory
/// follows the hosts that have something to do. Used by one thread.
class HostGates {
 public:
  /// See HostGate::HostGate().
  HostGate& take(std::size_t permits, std::size_t ahead) {
    if (free_.empty()) return *all_.emplace_back(std::make_unique<HostGate>(permits, ahead));
    HostGate& gate = *free_.back();
    free_.pop_back();
    gate.set_ahead(ahead);
    return gate;
  }
  /// No lane leads to it. Its permits are all there, or will be with the scheduler's next decisions.
  void give_back(HostGate& gate) { free_.push_back(&gate); }

  /// The number of gates, in use or not.
  std::size_t size() const { return all_.size(); }

 private:
  std::vector<std::unique_ptr<HostGate>> all_;
  std::vector<HostGate*> free_;
};

}  // namespace dispatch::flow

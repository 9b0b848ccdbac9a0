#pragma once

#include "flow/limits/host_gate.hpp"
#include "flow/rules/commit_limits.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace dispatch::flow {

/// The gates of a run. All have the same limits. A host has a gate while it has lanes; afterwards the gate is
/// reused for another host, so that memory depends on the number of hosts with work. Used by one thread.
class HostGates {
 public:
  explicit HostGates(const CommitLimits& limits) : limits_(limits) {}
  HostGates(const HostGates&) = delete;
  HostGates& operator=(const HostGates&) = delete;

  const CommitLimits& limits() const { return limits_; }
  /// Sets the limits of all gates, present and future.
  void set_limits(const CommitLimits& limits) { limits_ = limits; }

  /// A gate for a host. It is valid until give_back(). `may_be_ahead`: see HostGate::allow_ahead().
  HostGate& take(bool may_be_ahead) {
    if (free_.empty()) free_.push_back(all_.emplace_back(std::make_unique<HostGate>(limits_)).get());
    HostGate& gate = *free_.back();
    free_.pop_back();
    gate.allow_ahead(may_be_ahead);
    return gate;
  }
  /// Takes back a gate without lanes. All its permits are free, or become free with the next
  /// Scheduler::decide().
  void give_back(HostGate& gate) { free_.push_back(&gate); }

  /// Number of gates, in use or not.
  std::size_t size() const { return all_.size(); }
  /// Calls `visit` with each gate, in use or not, in a fixed order.
  template <class Visit>
  void each(Visit visit) const {
    for (const auto& gate : all_) visit(*gate);
  }

 private:
  CommitLimits limits_;
  std::vector<std::unique_ptr<HostGate>> all_;
  std::vector<HostGate*> free_;
};

}  // namespace dispatch::flow

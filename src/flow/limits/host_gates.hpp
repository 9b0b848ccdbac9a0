#pragma once

#include "flow/limits/host_gate.hpp"
#include "flow/rules/commit_limits.hpp"

#include <cstddef>
#include <memory>
#include <vector>

namespace dispatch::flow {

/// The gates of a run, which all keep to the same limits. A host has one while lanes lead to it; then another
/// host gets it, so that memory follows the hosts that have something to do. Used by one thread.
class HostGates {
 public:
  explicit HostGates(const CommitLimits& limits) : limits_(limits) {}
  HostGates(const HostGates&) = delete;
  HostGates& operator=(const HostGates&) = delete;

  const CommitLimits& limits() const { return limits_; }
  /// Of all gates, those that are made later included.
  void set_limits(const CommitLimits& limits) { limits_ = limits; }

  /// `may_be_ahead`: see HostGate::allow_ahead().
  HostGate& take(bool may_be_ahead) {
    if (free_.empty()) free_.push_back(all_.emplace_back(std::make_unique<HostGate>(limits_)).get());
    HostGate& gate = *free_.back();
    free_.pop_back();
    gate.allow_ahead(may_be_ahead);
    return gate;
  }
  /// No lane leads to it. Its permits are all there, or will be with the scheduler's next decisions.
  void give_back(HostGate& gate) { free_.push_back(&gate); }

  /// The number of gates, in use or not.
  std::size_t size() const { return all_.size(); }
  /// Calls `visit` with each gate, in use or not, in one order.
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

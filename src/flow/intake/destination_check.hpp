#pragma once

#include "base/error.hpp"
#include "flow/intake/inbox.hpp"
#include "routing/router.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dispatch::flow {

/// Stops an input whose events have no destination, for example because --to was forgotten, before any event
/// of it is accepted. Used by one thread.
class DestinationCheck {
 public:
  /// Takes the next batch, routed by `router`. Returns the batches that may go on, in order: none until one
  /// has an event with a destination, or an event that may be recorded without one. If the first lines_most
  /// lines, or the lines in the first bytes_most bytes, have no destination, the first batch returned is
  /// `without_destination`: that is misuse, unless a subscription has been added meanwhile.
  std::vector<Incoming> take(Incoming incoming, const routing::Router& router);

  /// Call it at the end of the input; returns the batches that have waited. If no event has a destination,
  /// the first batch is `without_destination`.
  std::vector<Incoming> end();

  /// True while batches wait.
  bool holds() const { return !held_.empty(); }

  static constexpr std::size_t lines_most = 1'000;
  static constexpr std::uint64_t bytes_most = std::uint64_t{16} * 1024 * 1024;

 private:
  std::vector<Incoming> give_up();

  bool found_ = false;
  std::vector<Incoming> held_;
  std::size_t lines_ = 0;    ///< events in the waiting batches
  std::uint64_t bytes_ = 0;  ///< bytes of their lines
};

/// The error for an input that is `without_destination`.
Error no_destination();

}  // namespace dispatch::flow

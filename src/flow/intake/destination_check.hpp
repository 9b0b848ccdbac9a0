#pragma once

#include "base/error.hpp"
#include "flow/intake/inbox.hpp"
#include "routing/router.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace dispatch::flow {

/// Finds an input whose events have no destination, as where --to was forgotten, before any of them is
/// accepted. Used by one thread.
class DestinationCheck {
 public:
  /// Takes the next batch, which `router` has routed. Returns the batches that may go on, in their order:
  /// none until one has an event that goes somewhere, or may be recorded without a destination. Where the
  /// first lines_most lines, or those in the first bytes_most bytes, have none, the first batch returned is
  /// `without_destination`: it is misuse, unless there is a subscription by now.
  std::vector<Incoming> take(Incoming incoming, const routing::Router& router);

  /// The input has ended; returns what has waited. Where none of it goes anywhere the first batch is
  /// `without_destination`.
  std::vector<Incoming> end();

  /// True while something waits.
  bool holds() const { return !held_.empty(); }

  static constexpr std::size_t lines_most = 1'000;
  static constexpr std::uint64_t bytes_most = std::uint64_t{16} * 1024 * 1024;

 private:
  std::vector<Incoming> give_up();

  bool found_ = false;
  std::vector<Incoming> held_;
  std::size_t lines_ = 0;    ///< events of those
  std::uint64_t bytes_ = 0;  ///< of their lines
};

/// What to tell of an input that is `without_destination`.
Error no_destination();

}  // namespace dispatch::flow

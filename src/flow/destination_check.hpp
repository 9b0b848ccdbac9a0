#pragma once

#include "base/error.hpp"
#include "flow/inbox.hpp"
#include "routing/router.hpp"

#include <cstddef>
#include <vector>

namespace dispatch::flow {

/// Finds an input whose events have no destination, as where --to was forgotten, before any of them is
/// accepted. Used by one thread.
class DestinationCheck {
 public:
  /// Takes the next batch, which `router` has routed. Returns the batches that may go on, in their order:
  /// none until one has an event that goes somewhere, or may be recorded without a destination. Misuse where
  /// the first thousands of events have none.
  Result<std::vector<Incoming>> take(Incoming incoming, const routing::Router& router);

  /// The input has ended. Misuse where none of its events goes anywhere.
  Result<> end() const;

 private:
  static tl::unexpected<Error> nowhere();

  bool found_ = false;
  std::vector<Incoming> held_;
};

}  // namespace dispatch::flow

#pragma once

#include "delivery/request_limits.hpp"

#include <algorithm>
#include <cstddef>

namespace dispatch::flow {

/// Limits on deliveries that are committed as begun and are not settled. LimitedTransport limits how many of
/// them are sent at a time (delivery/limited_transport.hpp). Both use `requests`.
struct CommitLimits {
  delivery::RequestLimits requests;  ///< concurrent requests
  /// Number of additional deliveries, for each host and in total, that are committed and wait for a running
  /// request to end.
  std::size_t ahead = 0;

  std::size_t committed_most_in_all() const { return requests.in_all + ahead; }
  std::size_t committed_most_at_host(bool with_ahead) const {
    return requests.per_host + (with_ahead ? ahead : 0);
  }
  /// The limit `most` while `unsent` of the deliveries are committed and cannot be sent yet, as the disk is
  /// still syncing. These do not count, so that connections stay busy meanwhile; but only up to `most`, so
  /// that a crash leaves a bounded number of outcomes unknown. Without `ahead` they count like all others.
  std::size_t with_unsent(std::size_t most, std::size_t unsent) const {
    return ahead == 0 ? most : most + std::min(unsent, most);
  }
};

}  // namespace dispatch::flow

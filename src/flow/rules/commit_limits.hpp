#pragma once

#include "delivery/request_limits.hpp"

#include <cstddef>

namespace dispatch::flow {

/// How many deliveries are committed as begun, and not settled, at a time. How many of them are under way is
/// not decided here but above the transports (delivery/limited_transport.hpp); both go by `requests`.
struct CommitLimits {
  delivery::RequestLimits requests;  ///< that are under way at a time
  /// So many more, for each host and in all, are committed and wait for one of those to end.
  std::size_t ahead = 0;

  std::size_t committed_most_in_all() const { return requests.in_all + ahead; }
  std::size_t committed_most_at_host(bool with_ahead) const {
    return requests.per_host + (with_ahead ? ahead : 0);
  }
};

}  // namespace dispatch::flow

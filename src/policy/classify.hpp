#pragma once

#include "base/error.hpp"
#include "event/outcome.hpp"

#include <map>
#include <string_view>

namespace dispatch::policy {

/// What an outcome means for its delivery.
enum class Meaning {
  success,    ///< the delivery is completed
  retry,      ///< failed; retried while attempts are left
  throttled,  ///< the receiver asks for time: its whole destination is held back
  dead,       ///< failed; no other attempt makes sense
  pause,      ///< as retry, and the subscription is paused
  repeat,     ///< not the receiver's fault; retried, and the attempt does not count
  exclude,    ///< the delivery is not meant to be made
};

/// What HTTP statuses mean where that differs from the default (2xx is success, a receiver that asks for time
/// is throttled, every other status is retried).
using StatusTable = std::map<int, Meaning>;

/// Reads "410=dead,409=ok,404=retry". A status outside 100 to 599, a word other than ok, retry and dead, and
/// a status named twice are misuse.
Result<StatusTable> parse_status_table(std::string_view text);

/// An answer of 429 (RFC 6585), or of 503 with a Retry-After (RFC 9110, section 15.6.4).
bool asks_for_time(const Outcome& outcome);

/// Pure. Only an HTTP answer is judged by its status, and only by it: a broker's success is `acknowledged`,
/// and what it `declined` is dead where the transport says that this is permanent. Every other end of an
/// attempt is retried, except `refused`, which is dead, `local_failure`, which is repeated, and `not_meant`,
/// which excludes the event.
Meaning classify(const Outcome& outcome, const StatusTable& table);

}  // namespace dispatch::policy

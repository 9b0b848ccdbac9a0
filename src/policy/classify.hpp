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
  throttled,  ///< the receiver asks for time: the whole destination is held back
  dead,       ///< failed; another attempt is pointless
  pause,      ///< like retry, and the subscription is paused
  repeat,     ///< not caused by the receiver: retried, and the attempt does not count
  exclude,    ///< the subscription does not want the event
};

/// The meaning of HTTP statuses that differs from the default: 2xx is success, a receiver that asks for time
/// is throttled, every other status is retried.
using StatusTable = std::map<int, Meaning>;

/// Parses "410=dead,409=ok,404=retry". A status outside 100 to 599, a word other than ok, retry and dead, and
/// a duplicate status are misuse.
Result<StatusTable> parse_status_table(std::string_view text);

/// True for an answer of 429 (RFC 6585), or of 503 with a Retry-After (RFC 9110, section 15.6.4).
bool asks_for_time(const Outcome& outcome);

/// Pure function. An HTTP answer is classified by its status alone. A broker's success is `acknowledged`;
/// what it `declined` is dead if the transport says that this is permanent. Every other outcome is retried,
/// except `refused`, which is dead, `local_failure`, which is repeated, and `not_meant`, which excludes the
/// event.
Meaning classify(const Outcome& outcome, const StatusTable& table);

}  // namespace dispatch::policy

#include "delivery/ended_here.hpp"

#include <utility>

#include <fmt/format.h>

namespace dispatch::delivery {

Outcome not_made(OutcomeKind kind, std::string why) {
  Outcome outcome;
  outcome.kind = kind;
  outcome.error = std::move(why);
  return outcome;
}

Outcome cut_off() {
  Outcome outcome;
  outcome.kind = OutcomeKind::unknown;
  outcome.error = "aborted by this program before its outcome was known";
  return outcome;
}

Outcome never_begun(std::string_view why) {
  Outcome outcome;
  outcome.kind = OutcomeKind::withdrawn;
  outcome.error = fmt::format("withdrawn before it was sent: {}", why);
  return outcome;
}

Outcome too_late() {
  return never_begun("its latest time to begin has passed");
}

}  // namespace dispatch::delivery

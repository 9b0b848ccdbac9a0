#include "flow/destination_check.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace dispatch::flow {
namespace {

/// Batches of the input's begin that wait in memory.
constexpr std::size_t held_most = 16;

bool goes_somewhere(const Arrival& arrival) {
  return !arrival.routes.empty();
}

}  // namespace

Result<std::vector<Incoming>> DestinationCheck::take(Incoming incoming, const routing::Router& router) {
  const auto& arrivals = incoming.batch.arrivals;
  found_ =
      found_ || router.accepts_unmatched() || std::any_of(arrivals.begin(), arrivals.end(), goes_somewhere);
  const bool waits = !found_ && (!held_.empty() || !arrivals.empty());
  std::vector<Incoming> go_on;
  if (!waits) go_on = std::exchange(held_, {});
  (waits ? held_ : go_on).push_back(std::move(incoming));
  if (held_.size() > held_most) return nowhere();
  return go_on;
}

Result<> DestinationCheck::end() const {
  if (!held_.empty()) return nowhere();
  return {};
}

tl::unexpected<Error> DestinationCheck::nowhere() {
  return misuse(
      "no line of the input has a url, the journal has no subscription, and --to is not given; nothing of it "
      "was "
      "accepted; give --to URL, or name the field that holds the url with --field url=/POINTER");
}

}  // namespace dispatch::flow
